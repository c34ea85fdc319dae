"""The shipped slide with donor nuclei, for File > Open Sample."""

from __future__ import annotations

from myograft.api import sample_stack
from napari_myograft.layers import LayerData, sample_layers


def open_sample() -> list[LayerData]:
    """Return the layers of the shipped slide."""
    return sample_layers(*sample_stack())
