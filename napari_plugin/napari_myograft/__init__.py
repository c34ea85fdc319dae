"""The window: results of myograft in napari."""
