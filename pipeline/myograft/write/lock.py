"""Who writes just now: a lock that the system frees when the program ends, however it ends."""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from myograft.errors import LockedError, OutputError
from myograft.model.result_layout import JournalLayout
from myograft.write.atomic import cause_of

#: What a disk answers that has no locks: some network disks, some folders shared with a virtual machine.
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}


class WriterLock:
    """A lock on a journal; `take` takes it, `release` gives it back, from whichever thread.

    The lock itself is the system's (flock, or its counterpart on Windows), so that a killed program leaves none behind;
    network disks pass it on to their server, which frees the lock of a machine that vanished after a while only.
    Beside it lies a note of who holds it, for the one who is refused; a note without a lock means nothing.
    """

    def __init__(self, lock: FileLock, note: Path) -> None:
        self._lock, self._note = lock, note

    @classmethod
    def take(cls, places: JournalLayout, holder: str) -> Self:
        """Take the lock.

        Parameters
        ----------
        places
            Where lock and note lie.
        holder
            Who takes it.

        Raises
        ------
        LockedError
            Where somebody else holds it: says who, where and since when, as far as known.
        OutputError
            Where nothing can be written here, or the disk has no locks.
        """
        # Never an imitated lock: a killed program would leave it behind for ever.
        lock = FileLock(places.lock, timeout=0, thread_local=False, fallback_to_soft=False)
        folder = places.journal.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            places.holder.write_text(json.dumps(_note_of(holder)), encoding="utf-8")
        except Timeout:
            raise LockedError(
                f"{_holder(places.holder)} is correcting this result just now",
                where=str(folder),
                remedy="It is open to look at; close the other window to correct it here",
            ) from None
        except OSError as problem:
            lock.release()
            raise _refusal(problem, folder) from problem
        except BaseException:
            lock.release()
            raise
        return cls(lock, places.holder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._lock.is_locked:
            with suppress(OSError):  # a note that stays says nothing once the lock is gone
                self._note.unlink()
            self._lock.release()


@contextmanager
def only_one(path: Path, *, patience_s: float = 0.0) -> Iterator[None]:
    """Hold a lock while a result is made; a disk without locks has none to hold, and two runs could meet there.

    Parameters
    ----------
    path
        The lock's file; one that a killed run left means nothing.
    patience_s
        How long another process is waited for.

    Raises
    ------
    LockedError
        Where another process holds it.
    """
    lock = FileLock(path, timeout=patience_s, thread_local=False, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        while not path.exists():  # whoever had it before has just taken its file away
            lock.release()
            lock.acquire()
    except Timeout:
        raise LockedError(
            "another run works on this slide just now",
            where=str(path),
            remedy="Wait for it, stop it, or choose another folder with --out",
        ) from None
    except OSError as problem:
        if problem.errno not in _NO_LOCKS:
            raise
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # Windows removes no file that is open
                path.unlink()
        lock.release()


def _refusal(problem: OSError, folder: Path) -> OutputError:
    if problem.errno in _NO_LOCKS:
        return OutputError(
            "this disk has no locks, so two windows could write into each other",
            where=str(folder),
            remedy="Copy the result to another disk to correct it",
        )
    return OutputError(
        f"nothing can be corrected here: {cause_of(problem)}",
        where=str(folder),
        remedy="It is open to look at; copy the result to a disk you may write to, to correct it",
    )


def _note_of(holder: str) -> dict[str, str | int]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"reader": holder, "machine": platform.node(), "process": os.getpid(), "since": now}


def _holder(note: Path) -> str:
    """Return who holds the lock, in words."""
    try:
        values = json.loads(note.read_text(encoding="utf-8"))
        return f"{values['reader']} (on {values['machine']}, process {values['process']}, since {values['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another program"
