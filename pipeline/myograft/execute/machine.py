"""What a machine has to offer just now: memory, which a container or a batch job may limit, and room on a disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

#: Where control groups of version 2 and of version 1 keep the memory's limit, its use, and what of that is page cache.
_FILES = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}

#: Version 1 says "no limit" by a number near the largest there is.
_NO_LIMIT_BYTES = 2**60


def free_memory_bytes() -> int:
    """Return the memory that this process and its children may have, what they hold already included.

    The machine's free memory, or what a control group leaves of it: in a container, and in a job of a cluster,
    the machine's own figure promises more than there is. Swapped memory does not count: work on it takes days.
    """
    free = psutil.virtual_memory().available
    limits = [free, *free_in_groups()]
    return int(min(limits) + _held_bytes())


def free_in_groups(root: Path = Path("/")) -> list[int]:
    """Return what each control group above this process leaves of its memory limit, in bytes.

    Parameters
    ----------
    root
        Where the system's files are; another folder is for tests.
    """
    return [
        free
        for version, folder in _groups(root)
        if (free := _left_in_group(folder, *_FILES[version])) is not None
    ]


def free_disk_bytes(folder: Path) -> int:
    """Return the room on the disk of a folder, which need not be there yet."""
    nearest = folder.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return shutil.disk_usage(nearest).free


def _groups(root: Path) -> Iterator[tuple[int, Path]]:
    """Yield the folders of this process's groups and of all above them, each with its version."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="ascii").splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                yield from ((2, folder) for folder in _upwards(root / "sys/fs/cgroup", path))
            elif "memory" in controllers.split(","):
                yield from ((1, folder) for folder in _upwards(root / "sys/fs/cgroup/memory", path))


def _upwards(top: Path, path: str) -> Iterator[Path]:
    """Yield a group's folder and those above it; in a container only the top one may be seen."""
    parts = [part for part in path.split("/") if part and part != ".."]
    for length in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:length])


def _left_in_group(folder: Path, limit_file: str, use_file: str, cache_key: str) -> int | None:
    """Return what a group may still have; None where it has no limit, or does not say."""
    try:
        limit = int((folder / limit_file).read_text(encoding="ascii"))
        if limit >= _NO_LIMIT_BYTES:
            return None
        use = int((folder / use_file).read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # "max" is no number
        return None
    # Pages of files are given back when memory is wanted.
    cache = next((int(line.split()[1]) for line in lines if line.split()[0] == cache_key), 0)
    return max(0, limit - max(0, use - cache))


def _held_bytes() -> int:
    """Return what this process and its children hold already."""
    me = psutil.Process()
    held = 0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.Error):  # it has just ended
            held += process.memory_info().rss
    return held
