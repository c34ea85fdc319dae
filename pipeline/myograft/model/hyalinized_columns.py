"""Columns on fibers that look hyalinized in a photograph of hematoxylin and eosin: candidates for a reader."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real

_ONLY = "null but in a photograph of hematoxylin and eosin"

#: Columns of the fibers table.
FIBER_HYALINIZED: tuple[Column, ...] = (
    real("eosin_density", "1", f"Median optical density of eosin in the fiber's middle; {_ONLY}."),
    real(
        "eosin_score",
        "1",
        f"The same over the middle of the bulk of fibers, in robust standard deviations of that bulk; {_ONLY}.",
    ),
    real(
        "eosin_texture",
        "1",
        f"Spread of the density in the fiber's middle (quartiles, as a standard deviation) over its median: small where a fiber is homogeneous; {_ONLY}.",
    ),
    flag(
        "is_hyalinized_candidate",
        f"Whether the fiber is dense with eosin, homogeneous and round, as hyalinized fibers are (assign.hyalinized; Cullen & Fulthorpe 1975): to be looked at, for no error rate is known; {_ONLY}.",
    ),
)

#: Columns of the sections table.
SECTION_HYALINIZED: tuple[Column, ...] = (
    count(
        "hyalinized_looked_at_fibers_n",
        f"Fibers whose eosin could be compared, edge included: the denominator of hyalinized_candidate_fibers_n; {_ONLY}, and with too few fibers.",
    ),
    count(
        "hyalinized_candidate_fibers_n",
        f"Fibers with is_hyalinized_candidate: candidates for a reader, no count of hyalinized fibers; {_ONLY}.",
    ),
)
