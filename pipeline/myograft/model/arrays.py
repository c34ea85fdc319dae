"""Names for the kinds of arrays that rooms hand on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""Any array; the docstring gives shape and unit."""

Image: TypeAlias = NDArray[np.float32]
"""A normalized plane, shape (H, W): 0 is background, 1 is bright stain."""

Labels: TypeAlias = NDArray[np.uint32]
"""An integer plane, shape (H, W): 0 is background, every object has a number of its own."""

Mask: TypeAlias = NDArray[np.bool_]
"""A boolean plane, shape (H, W)."""
