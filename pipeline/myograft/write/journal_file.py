"""The journal on the disk: a sealed line per correction, flushed before it is acknowledged; one writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from myograft.errors import JournalError, OutputError, UsageError
from myograft.model.correction import Correction
from myograft.model.journal import JournalEntry
from myograft.model.result_layout import JournalLayout
from myograft.write.atomic import cause_of, flush_folder
from myograft.write.journal_lines import look_at_journal, next_line
from myograft.write.lock import WriterLock

#: How the file is opened; on Windows line feeds would else become two bytes.
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)


class JournalFile:
    """A journal open for writing: `open` locks it, `close` lets others write.

    Parameters
    ----------
    path
        The journal.
    author
        Who writes.
    first_hash
        Identity of the result.
    lock
        Held while this is open.
    """

    def __init__(self, path: Path, author: str, first_hash: str, lock: WriterLock) -> None:
        self.path, self.author = path, author
        self._first_hash, self._lock = first_hash, lock
        self._is_open = True
        content = look_at_journal(path, first_hash)
        self.entries, self._size = content.entries, content.size
        self.healed: str | None = None
        if content.size:
            self._check_writable()
        if content.torn:
            self._heal(content.torn)
        elif not content.is_ended:
            self._write(b"\n")

    @classmethod
    def open(cls, path: Path, first_hash: str, author: str) -> Self:
        """Open a journal, new or to be continued.

        A last line that a crash tore is put aside, and `healed` says so: it was never acknowledged.

        Raises
        ------
        LockedError
            Where somebody else writes just now, also another window of this program.
        OutputError
            Where nothing can be written here.
        JournalError
            Where the journal is broken; it stays as it is.
        UsageError
            Where the author has no name.
        """
        _check_name(author)
        lock = WriterLock.take(JournalLayout(path), author)
        try:
            return cls(path, author, first_hash, lock)
        except BaseException:
            lock.release()
            raise

    def append(self, correction: Correction, *, why: str = "", is_audit: bool = False) -> JournalEntry:
        """Write an entry; it is on the disk when this returns.

        Parameters
        ----------
        correction
            What.
        why
            Comment.
        is_audit
            Whether a nucleus was read because it was drawn at random.

        Raises
        ------
        CorrectionError
            Where the edit is none: an undo that is not next, a comment that is no text.
        OutputError
            Where it cannot be written, or the journal was closed; then it is not in the journal.
        JournalError
            Where another program changed the file in the meantime.
        """
        if not self._is_open:
            raise OutputError(
                "the journal was closed", where=str(self.path), remedy="Open the result again to correct it"
            )
        previous = self.entries[-1].hash if self.entries else self._first_hash
        entry, line = next_line(
            self.entries, previous, self.author, correction, why=why, is_audit=is_audit, where=self.path
        )
        self._write(line)
        self.entries = (*self.entries, entry)
        return entry

    def close(self) -> None:
        """Let others write; a second time does nothing."""
        self._is_open = False
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        """Add a line, whole or not at all."""
        with self._errors("this correction was not recorded, all before it is safe"):
            descriptor = self._opened()
            try:
                if os.fstat(descriptor).st_size != self._size:
                    raise JournalError(
                        "the journal is not as this window left it: another program wrote it, or the disk failed",
                        where=str(self.path),
                        remedy="Close the other program, then open the result again",
                    )
                if self._size == 0:
                    self._flush_names()
                try:
                    _write_all(descriptor, line)
                    os.fsync(descriptor)
                except BaseException:
                    # A half-written line must not stand in the way of the next one.
                    os.ftruncate(descriptor, self._size)
                    os.fsync(descriptor)
                    raise
            finally:
                os.close(descriptor)
        self._size += len(line)

    def _flush_names(self) -> None:
        """Make the names of file and folder as lasting as what the file will hold, before its first line."""
        flush_folder(self.path.parent)
        with suppress(PermissionError):  # a folder that may not be listed is older than this one
            flush_folder(self.path.parent.parent)

    def _opened(self) -> int:
        """Return a descriptor to add to; a journal that was moved away is not begun anew."""
        if self._size == 0:
            return os.open(self.path, _FLAGS | os.O_CREAT, 0o666)
        try:
            return os.open(self.path, _FLAGS)
        except FileNotFoundError:
            raise JournalError(
                "the journal was moved away or deleted while it was open",
                where=str(self.path),
                remedy="Put it back, then open the result again",
            ) from None

    def _check_writable(self) -> None:
        with self._errors("nothing can be corrected here"):
            os.close(self._opened())

    def _heal(self, torn: bytes) -> None:
        """Put the torn end of the file aside: its bytes are kept, then the file ends with its last whole line."""
        aside = JournalLayout(self.path).torn
        with self._errors("its torn last line cannot be put aside"):
            with aside.open("ab") as file:
                file.write(torn + b"\n")
                file.flush()
                os.fsync(file.fileno())
            flush_folder(aside.parent)
            self._size -= len(torn)
            with self.path.open("r+b") as file:
                file.truncate(self._size)
                os.fsync(file.fileno())
        self.healed = (
            "the last line of the journal was torn, as a crash leaves it before a correction is acknowledged; it was "
            f"put aside in {aside.name}, and all before it is there"
        )

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise OutputError(
                f"{what}: {cause_of(problem)}",
                where=str(self.path),
                remedy="Make room or see to the disk, then try again",
            ) from problem


def _check_name(author: str) -> None:
    try:
        name = author.encode()
    except UnicodeEncodeError:
        name = b""
    if not name.strip():
        raise UsageError(
            "a reader needs a name, which every correction carries", remedy="Give it with --reader NAME"
        )


def _write_all(descriptor: int, content: bytes) -> None:
    """Write in one call; another follows only where the system took a part."""
    while content:
        content = content[os.write(descriptor, content) :]
