"""Arrays that live for one run only: compressed, whole or absent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from myograft.model.arrays import Array
from myograft.write.atomic import replace_file


def write_scratch(path: Path, array: Array) -> None:
    """Write an array to a file of its own."""
    header = io.BytesIO()
    content = np.ascontiguousarray(array)
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(content))
    # Read once and soon: speed counts, not size. One thread, so that workers do not get in each other's way.
    packed = imagecodecs.blosc_encode(
        content.tobytes(),
        level=1,
        compressor="lz4",
        shuffle=1,
        typesize=content.dtype.itemsize,
        numthreads=1,
    )
    with replace_file(path) as draft, draft.open("wb") as file:
        file.write(header.getvalue())
        file.write(packed)


def read_scratch(path: Path) -> Any:
    """Read back what `write_scratch` wrote; not to be written to, since it is not copied once more."""
    stored = path.read_bytes()
    stream = io.BytesIO(stored)
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    content = imagecodecs.blosc_decode(stored[stream.tell() :])
    return np.frombuffer(content, dtype).reshape(shape)
