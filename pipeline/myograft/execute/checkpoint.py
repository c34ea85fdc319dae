"""What is done already, on the disk: every answer of a stage as it comes, so that a killed run goes on where it was.

One file per stage and shard holds answers one after the other, each with its length and checksum; what a kill tore at
the end is cut off. Shards of one run read each other's files: so they meet without a network.
"""

from __future__ import annotations

import json
import os
import pickle
import platform
import re
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = struct.Struct("<QI")

#: Results that were written longer ago than this are flushed to the disk at the end of a stage.
_FLUSH_EVERY_S = 60.0


@dataclass(frozen=True)
class Shard:
    """Which part of the items this process does: every n-th, beginning with the `number`-th (1-based).

    Parameters
    ----------
    number, count
        ``1 <= number <= count``.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(f"there is no shard {self.number} of {self.count}")

    @property
    def is_first(self) -> bool:
        """Whether this process also does what only one may do."""
        return self.number == 1

    def has(self, position: int) -> bool:
        """Whether an item is this shard's."""
        return position % self.count == self.number - 1


class Checkpoint:
    """Answers of the stages of one run, in a folder that the run's shards share.

    Stages are told apart by their order, which is the same in every run of the same question.

    Parameters
    ----------
    folder
        Where the files lie; made when needed.
    shard
        Which one writes.
    """

    def __init__(self, folder: Path, shard: Shard) -> None:
        self.folder, self._shard = folder, shard
        folder.mkdir(parents=True, exist_ok=True)
        self._stages_n = 0
        self._flushed_at = time.monotonic()

    def next_stage(self, name: str, items_n: int) -> StageRecord:
        """Return the record of the next stage.

        Parameters
        ----------
        name
            Name of the stage.
        items_n
            Number of its items; a record of another number is of another question and begins anew.
        """
        self._stages_n += 1
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())
        return StageRecord(self.folder, f"{self._stages_n:03d}-{plain}-{items_n}", self._shard)

    def end_stage(self, record: StageRecord) -> None:
        """Flush what a stage wrote where the last flush is long ago: after a power cut no older stage is doubted."""
        if time.monotonic() - self._flushed_at > _FLUSH_EVERY_S:
            if hasattr(os, "sync"):
                os.sync()
            record.mark_flushed()
            self._flushed_at = time.monotonic()


class StageRecord:
    """Answers of one stage: its own ones are added, those of all shards are read.

    Parameters
    ----------
    folder, name
        Where the files lie, and what they begin with.
    shard
        Which one writes.
    """

    def __init__(self, folder: Path, name: str, shard: Shard) -> None:
        self._folder, self._name, self._shard = folder, name, shard
        self._read_to: dict[Path, int] = {}
        self._is_ready = False

    def new_answers(self) -> Iterator[tuple[int, Any]]:
        """Yield positions and answers of any shard that were not yielded before."""
        for path in sorted(self._folder.glob(f"{self._name}.*.done")):
            if self._is_trusted(path):
                yield from self._read(path)

    def add(self, position: int, answer: Any) -> None:
        """Keep an answer; whole once this returns, unless the machine itself fails.

        Raises
        ------
        OSError
            Where it cannot be written.
        """
        path = self._own
        content = pickle.dumps((position, answer), protocol=pickle.HIGHEST_PROTOCOL)
        if not self._is_ready:
            self._begin(path)
        try:
            with path.open("ab") as file:
                file.write(_HEAD.pack(len(content), zlib.crc32(content)) + content)
        except OSError:
            self._is_ready = False  # half of it may be there
            raise
        self._read_to[path] = path.stat().st_size

    def mark_flushed(self) -> None:
        """Note that all of this stage lies on the disk itself."""
        (self._folder / f"{self._name}.flushed").touch()

    @property
    def _own(self) -> Path:
        return self._folder / f"{self._name}.{self._shard.number}of{self._shard.count}.done"

    def _begin(self, path: Path) -> None:
        """Cut off what a kill tore; what was not read from this file before is not to be trusted."""
        path.touch()
        os.truncate(path, self._read_to.get(path, 0))
        path.with_suffix(".boot").write_text(json.dumps(_boot()), encoding="utf-8")
        self._is_ready = True

    def _is_trusted(self, path: Path) -> bool:
        """Whether what a file says was written is there: after this machine was started again it may not be."""
        if (self._folder / f"{self._name}.flushed").exists():
            return True
        try:
            machine, started = json.loads(path.with_suffix(".boot").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return [machine, started] == _boot() or machine != platform.node()

    def _read(self, path: Path) -> Iterator[tuple[int, Any]]:
        with path.open("rb") as file:
            file.seek(self._read_to.get(path, 0))
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                length, checksum = _HEAD.unpack(head)
                if not 0 < length <= os.fstat(file.fileno()).st_size - file.tell():
                    return  # torn, or still being written; after a crash a file may end in zeros
                content = file.read(length)
                if zlib.crc32(content) != checksum:
                    return
                self._read_to[path] = file.tell()
                yield pickle.loads(content)  # noqa: S301  # our own, of this run


def _boot() -> list[str]:
    """Return the machine, and what names the time since it was started."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        started = "unknown"
    return [platform.node(), started]
