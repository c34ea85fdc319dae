"""Which objects count: all but those that readers excluded."""

from __future__ import annotations

from myograft.model.table import Table


def kept_nuclei(nuclei: Table) -> Table:
    """Return the nuclei that no reader rejected, outside of excluded regions."""
    is_excluded = nuclei["is_excluded"].filled(fill_value=False)
    return nuclei.where(~is_excluded) if is_excluded.any() else nuclei


def kept_fibers(fibers: Table) -> Table:
    """Return the fibers outside of excluded regions; those without a valid size are among them."""
    is_outside = ~fibers["in_excluded_region"].filled(fill_value=False)
    return fibers if is_outside.all() else fibers.where(is_outside)
