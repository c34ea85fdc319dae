"""Small figures as SVG that stands in an HTML page; matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure of a size in inches."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes long to load, and few commands draw

    return Figure(figsize=(width_in, height_in), layout="constrained")


def inline_svg(figure: Figure) -> str:
    """Return a figure as SVG that stands in an HTML page."""
    import matplotlib as mpl  # noqa: PLC0415

    text = io.StringIO()
    # A fixed salt and no date: the same run writes the same page.
    with mpl.rc_context({"svg.hashsalt": "myograft", "svg.fonttype": "none"}):
        figure.savefig(
            text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
