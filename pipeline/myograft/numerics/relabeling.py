"""Donor labels drawn anew among the nuclei that are there: the chance that clustering and size are compared with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from myograft.model.arrays import Array


def relabelings(all_n: int, donor_n: int, relabelings_n: int, seed: int) -> Iterator[Array]:
    """Draw which nuclei are donor, again and again; every choice of so many is equally likely.

    Nuclei stay where they are and as many as they are: how they gather around vessels and fibers is no evidence of
    anything (random labeling, Diggle & Chetwynd 1991, doi:10.2307/2532668).

    Parameters
    ----------
    all_n, donor_n
        Nuclei that were called, and the donor nuclei among them.
    relabelings_n
        How many draws.
    seed
        The same seed gives the same draws.

    Yields
    ------
    Array
        Indices of the donor nuclei of one draw, shape ``(donor_n,)``, in no order.

    Raises
    ------
    ValueError
        For more donor nuclei than nuclei.
    """
    if not 0 <= donor_n <= all_n:
        raise ValueError(f"no relabeling: {donor_n} donor nuclei of {all_n}")
    random = np.random.default_rng(seed)
    for _ in range(relabelings_n):
        yield random.choice(all_n, donor_n, replace=False, shuffle=False)


def random_part(all_n: int, donor_n: int, most_donors: int, seed: int) -> Array:
    """Return the indices of a random part of the nuclei that holds about `most_donors`; all where there are fewer.

    The part is drawn without a look at the labels, so that labels which are random in the whole are random in it: a
    test by relabeling stays exact, and its cost no longer grows with the donor nuclei.

    Parameters
    ----------
    all_n, donor_n
        Nuclei that were called, and the donor nuclei among them.
    most_donors
        Donor nuclei wanted, at least 1.
    seed
        The same seed gives the same part.

    Returns
    -------
    Array
        Ascending indices, shape ``(m,)``.
    """
    if donor_n <= most_donors:
        return np.arange(all_n)
    part_n = round(all_n * most_donors / donor_n)
    return np.sort(np.random.default_rng(seed).choice(all_n, part_n, replace=False, shuffle=False))


def upper_p(observed: float, drawn: Array) -> float:
    """Return the part of draws that reach the observed value, itself among them: never 0 (Phipson & Smyth 2010).

    Parameters
    ----------
    observed
        What was found.
    drawn
        The same under relabeling, shape ``(n,)``.

    Notes
    -----
    doi:10.2202/1544-6115.1585. Values that differ by rounding alone count as equal, against the claim.

    Examples
    --------
    >>> upper_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    slack = 1e-9 * max(abs(observed), float(np.abs(drawn).max(initial=0.0)))
    return (1 + int((drawn >= observed - slack).sum())) / (1 + len(drawn))


def two_sided_p(observed: float, drawn: Array) -> float:
    """Return twice the smaller of the upper and the lower `upper_p`, at most 1.

    Examples
    --------
    >>> two_sided_p(9.0, np.arange(9.0)), two_sided_p(4.0, np.arange(9.0))
    (0.2, 1.0)
    """
    return min(1.0, 2.0 * min(upper_p(observed, drawn), upper_p(-observed, -drawn)))
