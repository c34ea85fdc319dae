"""The hall: the words every room uses. Frozen, typed, no input or output."""
