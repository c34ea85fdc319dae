"""A mask as a small picture that any program shows."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from myograft.errors import ResultError
from myograft.model.arrays import Mask
from myograft.write.atomic import replace_file


def write_mask(path: Path, mask: Mask) -> None:
    """Write a mask, shape (H, W), as a PNG of one bit per pixel: white is true.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    options = [cv2.IMWRITE_PNG_BILEVEL, 1]
    _, encoded = cv2.imencode(".png", mask.astype(np.uint8) * 255, options)
    with replace_file(path) as draft:
        draft.write_bytes(encoded.tobytes())


def read_mask(path: Path) -> Mask:
    """Read a mask that `write_mask` wrote.

    Raises
    ------
    ResultError
        When the file is missing or no picture.
    """
    try:
        stored = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE) if len(stored) else None
    except OSError as problem:
        raise _unreadable(path, problem.strerror or str(problem)) from None
    if picture is None:
        raise _unreadable(path, "it is no picture")
    return np.asarray(picture > 0)


def _unreadable(path: Path, reason: str) -> ResultError:
    return ResultError(
        f"the mask cannot be read ({reason})", where=str(path), remedy="Run the slide again with --fresh"
    )
