"""A section shows nuclei whose middle lies outside of it: how many are counted too many."""

from __future__ import annotations


def abercrombie_factor(thickness_um: float, height_um: float) -> float:
    """Return the part of the counted nuclei whose middle lies in the section (Abercrombie 1946).

    Parameters
    ----------
    thickness_um
        Thickness M of the section as mounted, more than 0.
    height_um
        Mean height L of the nuclei along the normal of the section, more than 0; not the depth of field.

    Returns
    -------
    float
        ``M / (L + M)``, which the count is multiplied with.

    Raises
    ------
    ValueError
        For lengths that are not more than 0.

    Notes
    -----
    doi:10.1002/ar.1090940210. It supposes that nuclei lie at random along the normal and that their cut caps are seen,
    however thin; where thin caps are missed the count is corrected too much. Nuclei that differ in height are seen
    differently often, so that a fraction of the donor nuclei is biased unless the heights of donor and host are equal.

    Examples
    --------
    >>> abercrombie_factor(10.0, 10.0)
    0.5
    """
    if not (thickness_um > 0.0 and height_um > 0.0):
        raise ValueError(f"no section: {thickness_um} um thick, nuclei {height_um} um high")
    return thickness_um / (height_um + thickness_um)
