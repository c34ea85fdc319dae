"""myograft: segment muscle fibers and count donor-derived nuclei in histology stacks."""

from importlib.metadata import version

__version__ = version("myograft")
