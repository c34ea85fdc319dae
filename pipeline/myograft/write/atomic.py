"""How a file or folder becomes visible: whole or not at all.

A draft grows beside its target, is flushed to the disk and then renamed; a reader, or a run that resumes,
finds the old file, the new file or none, never half of one.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myograft.errors import OutputError

_CAUSES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another folder with --out, then run again"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or choose another folder with --out"),
    errno.EFBIG: (
        "the file is larger than the disk or the system allows",
        "Choose another folder with --out",
    ),
    errno.EACCES: ("there is no permission to write here", "Choose a folder you may write to with --out"),
    errno.EPERM: ("there is no permission to write here", "Choose a folder you may write to with --out"),
    errno.EROFS: ("the disk is read-only", "Choose a folder on a writable disk with --out"),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "Choose a shorter path with --out"),
    errno.ENOTDIR: ("a file is in the way of a folder", "Move that file or choose another folder with --out"),
    errno.EISDIR: ("a folder is in the way of a file", "Move that folder or choose another one with --out"),
}


@contextmanager
def output_errors(where: Path | str) -> Iterator[None]:
    """Turn the operating system's errors into sentences about an output.

    Parameters
    ----------
    where
        The output that is written inside the block.

    Raises
    ------
    OutputError
        When the block raises OSError: full disk, no permission, read-only disk and the like.
    """
    try:
        yield
    except OSError as error:
        remedy = _CAUSES.get(error.errno or 0, ("", "Check the disk, or choose another folder with --out"))[1]
        raise OutputError(f"cannot be written: {cause_of(error)}", where=str(where), remedy=remedy) from error


def cause_of(error: OSError) -> str:
    """Return why the operating system refused, in words.

    Examples
    --------
    >>> cause_of(OSError(errno.ENOSPC, "No space left on device"))
    'the disk is full'
    """
    return _CAUSES.get(error.errno or 0, (error.strerror or str(error), ""))[0]


@contextmanager
def replace_file(target: Path) -> Iterator[Path]:
    """Yield the path of a draft beside `target` that replaces it when the block ends well.

    The draft and then the folder are flushed to the disk (fsync), so that the new file also survives a power
    cut. When the block fails, the draft is removed and `target` stays as it was. Missing folders are made.

    Parameters
    ----------
    target
        The file that is to appear, or to be replaced.

    Yields
    ------
    Path
        Where the block writes.

    Raises
    ------
    OutputError
        When the file cannot be written; names `target`.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.draft")
    with output_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            _flush_file(draft)
            draft.replace(target)
            flush_folder(target.parent)
        finally:
            draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    with replace_file(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut (Windows does so by itself and offers no call)."""
    if os.name != "nt":
        _fsync(folder, os.O_RDONLY)


def _flush_file(path: Path) -> None:
    _fsync(path, os.O_RDWR)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
