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
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    with replace_file(path) as draft:
        draft.write_bytes(imagecodecs.zstd_encode(buffer.getvalue(), level=1))


def read_scratch(path: Path) -> Any:
    """Read back what `write_scratch` wrote; not to be written to, since it is not copied once more."""
    content = imagecodecs.zstd_decode(path.read_bytes())
    stream = io.BytesIO(content)
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)
