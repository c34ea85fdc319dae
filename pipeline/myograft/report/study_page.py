"""One self-contained page per study: subjects as dots, differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from matplotlib.figure import Figure

from myograft.model.table import Table
from myograft.report.numbers import plain, signed, unit_suffix
from myograft.report.pictures import BLUE, VERMILION, inline_svg


@dataclass(frozen=True)
class StudyReport:
    """What the page shows.

    Parameters
    ----------
    muscles, subjects, comparisons
        The study's tables.
    titles
        Names of variables for people.
    notes
        What the reader must know.
    version
        Version of myograft.
    """

    muscles: Table
    subjects: Table
    comparisons: Table
    titles: Mapping[str, str]
    notes: tuple[str, ...]
    version: str


def render_study(content: StudyReport) -> str:
    """Return the page as HTML."""
    page = jinja2.Environment(
        loader=jinja2.PackageLoader("myograft.report", ""),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template("study.html.j2")
    subjects, muscles = content.subjects.rows(), content.muscles.rows()
    names = sorted({row["subject"] for row in muscles})
    measured = [row for row in muscles if row["value"] is not None]
    return page.render(
        lead=f"{len(names)} subjects, {_sections_n(muscles)} sections; myograft {content.version}",
        warnings=content.notes,
        comparisons=[_compared(row, subjects, content.titles) for row in content.comparisons.rows()],
        muscles=[_muscle(row, content.titles) for row in measured],
    )


def _sections_n(muscles: Sequence[Mapping[str, Any]]) -> int:
    most: dict[tuple[Any, ...], int] = {}
    for row in muscles:
        key = (row["subject"], row["muscle"], row["arm"], row["time_point"])
        most[key] = max(most.get(key, 0), row["sections_n"])
    return sum(most.values())


def _compared(
    row: Mapping[str, Any], subjects: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> dict[str, Any]:
    shown = {
        "what": titles.get(row["variable"], row["variable"]),
        "groups": f"{row['first']} ({row['first_subjects_n']}) against {row['second']} ({row['second_subjects_n']}), "
        f"{row['design']}",
        "value": "–",
        "how": "not measured at both levels",
        "figure": "",
    }
    if row["left_out"]:
        shown["groups"] += f"; without {row['left_out']}"
    if row["difference"] is None:
        return shown
    unit = unit_suffix(row["unit"])
    shown["value"] = f"{signed(row['difference'])}{unit}"
    if row["p"] is None:
        shown["how"] = "one subject says nothing of others: no interval, no test"
    else:
        sure = "nothing varies between subjects: no interval"
        if row["difference_low"] is not None:
            sure = f"95 % interval {signed(row['difference_low'])} to {signed(row['difference_high'])}{unit}"
        shown["how"] = (
            f"{sure}; p = {row['p']:.3g} ({'exact' if row['p_is_exact'] else 'drawn'} "
            f"{'sign-flip' if row['design'] == 'paired' else 'permutation'} test; no smaller than {row['least_p']:.2g} "
            "with so few subjects)"
        )
    if row["bootstrap_low"] is not None:
        shown["how"] += f"; bootstrap {signed(row['bootstrap_low'])} to {signed(row['bootstrap_high'])}{unit}"
    shown["figure"] = _dots(row, subjects, titles)
    return shown


def _dots(row: Mapping[str, Any], subjects: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Return each subject's values at both levels, the second left for a reference; lines join a subject's own."""
    ends = (row["second"], row["first"])
    values = [
        {
            part["subject"]: part["value"]
            for part in subjects
            if part["variable"] == row["variable"] and part[row["factor"]] == end
        }
        for end in ends
    ]
    figure = Figure(figsize=(3.0, 2.6), layout="constrained")
    axes = figure.subplots()
    if row["design"] == "paired":
        for name in sorted(values[0].keys() & values[1].keys()):
            axes.plot([0, 1], [values[0][name], values[1][name]], color="0.6", linewidth=0.8, zorder=1)
    for place, (found, color) in enumerate(zip(values, (BLUE, VERMILION), strict=True)):
        axes.scatter([place] * len(found), list(found.values()), s=18, color=color, zorder=2)
        axes.hlines(row[f"{('second', 'first')[place]}_mean"], place - 0.18, place + 0.18, color=color)
    axes.set_xticks([0, 1], ends)
    axes.set_xlim(-0.5, 1.5)
    # From zero, and with room above, so that values that hardly differ are not cut off.
    shown = [*values[0].values(), *values[1].values(), 0.0]
    room = 0.06 * (max(shown) - min(shown)) or 1.0
    axes.set_ylim(min(shown) - room * (min(shown) < 0.0), max(shown) + room)
    axes.set_title(titles.get(row["variable"], row["variable"]), fontsize=9)
    axes.set_ylabel(unit_suffix(row["unit"]).strip())
    axes.spines[["top", "right"]].set_visible(False)
    return inline_svg(figure)


def _muscle(row: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    place = " · ".join(str(row[name]) for name in ("muscle", "arm", "time_point") if row[name] is not None)
    return {
        "subject": row["subject"],
        "place": place,
        "what": titles.get(row["variable"], row["variable"]),
        "value": _found(row),
        "sections_n": row["sections_n"],
        "these": _interval(row, "these_sections"),
        "muscle": _interval(row, "this_muscle"),
    }


def _found(row: Mapping[str, Any]) -> str:
    """Return a muscle's value; too few donor nuclei to be told from false calls are never called 0."""
    if row["donor_is_detected"] is False:
        limit = row["donor_detection_limit_fraction"]
        return "not detected" if limit is None else f"not detected, below {plain(limit)}"
    return f"{plain(row['value'])}{unit_suffix(row['unit'])}"


def _interval(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None:
        return "–"
    return f"at least {plain(low)}" if high is None else f"{plain(low)} to {plain(high)}"
