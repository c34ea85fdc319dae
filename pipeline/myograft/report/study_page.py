"""One self-contained page per study: subjects as dots, differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from myograft.model.table import Table
from myograft.report.figures import inline_svg, new_figure
from myograft.report.numbers import plain, signed, unit_suffix
from myograft.report.pictures import BLUE, VERMILION


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
    # Where each subject has one muscle, its rows say it all.
    several = [row for row in subjects if row["muscles_n"] > 1]
    return page.render(
        lead=f"{len(names)} subjects, {_sections_n(muscles)} sections; myograft {content.version}",
        warnings=content.notes,
        comparisons=[_compared(row, subjects, content.titles) for row in content.comparisons.rows()],
        subjects=[_subject(row, content.titles) for row in several],
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
    if doubt := _not_detected(row):
        shown["groups"] += f"; {doubt}"
    shown["value"] = f"{signed(row['difference'])}{unit}"
    if all(row[f"{end}_not_detected_n"] == row[f"{end}_subjects_n"] for end in ("first", "second")):
        shown["value"] = "none detected at either level"
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


def _not_detected(row: Mapping[str, Any]) -> str:
    """Return of how many compared subjects a zero is no certain one; empty where there is none."""
    parts = [
        f"{row[f'{end}_not_detected_n']} of {row[f'{end}_subjects_n']} at {row[end]}"
        for end in ("first", "second")
        if row[f"{end}_not_detected_n"]
    ]
    return f"not detected or none called: {' and '.join(parts)}" if parts else ""


def _dots(row: Mapping[str, Any], subjects: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Return each subject's values at both levels, the second left for a reference; lines join a subject's own."""
    ends = (row["second"], row["first"])
    found = [
        {
            part["subject"]: part
            for part in subjects
            if part["variable"] == row["variable"] and part[row["factor"]] == end
        }
        for end in ends
    ]
    values = [{name: _compared_value(part) for name, part in level.items()} for level in found]
    figure = new_figure(3.0, 2.6)
    axes = figure.subplots()
    if row["design"] == "paired":
        for name in sorted(values[0].keys() & values[1].keys()):
            axes.plot([0, 1], [values[0][name], values[1][name]], color="0.6", linewidth=0.8, zorder=1)
    for place, color in enumerate((BLUE, VERMILION)):
        # Open where the value is no certain one: not detected, or none called.
        fills = ["white" if part["not_detected_n"] else color for part in found[place].values()]
        shown = list(values[place].values())
        axes.scatter([place] * len(shown), shown, s=18, facecolors=fills, edgecolors=color, zorder=2)
        axes.hlines(row[f"{('second', 'first')[place]}_mean"], place - 0.18, place + 0.18, color=color)
    axes.set_xticks([0, 1], ends)
    axes.set_xlim(-0.5, 1.5)
    # From zero, with room at both ends, so that no dot is cut off.
    seen = [*values[0].values(), *values[1].values(), 0.0]
    room = 0.06 * (max(seen) - min(seen)) or 1.0
    axes.set_ylim(min(seen) - room, max(seen) + room)
    axes.set_title(titles.get(row["variable"], row["variable"]), fontsize=9)
    axes.set_ylabel(unit_suffix(row["unit"]).strip())
    axes.spines[["top", "right"]].set_visible(False)
    return inline_svg(figure)


def _compared_value(row: Mapping[str, Any]) -> float:
    """Return what a subject enters a comparison with."""
    exact = row["value_not_cut_off"]
    return float(row["value"] if exact is None else exact)


def _place(row: Mapping[str, Any], *names: str) -> str:
    return " · ".join(str(row[name]) for name in names if row[name] is not None)


def _muscle(row: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "subject": row["subject"],
        "place": _place(row, "muscle", "arm", "time_point"),
        "what": _title(row, titles),
        "value": found_value(row),
        "sections_n": row["sections_n"],
        "these": _interval(row, "these_sections"),
        "muscle": _interval(row, "this_muscle"),
    }


def _subject(row: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    value = found_value(row)
    # Where one of several muscles shows none, the mean hides it.
    if 0 < row["not_detected_n"] < row["muscles_n"]:
        value += f" (not detected in {row['not_detected_n']} of {row['muscles_n']} muscles)"
    return {
        "subject": row["subject"],
        "place": _place(row, "arm", "time_point"),
        "what": _title(row, titles),
        "value": value,
        "muscles_n": row["muscles_n"],
        "these": _interval(row, "these_sections"),
        "muscles": _interval(row, "these_muscles"),
        "subject_interval": _interval(row, "this_subject"),
    }


def _title(row: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    title = titles.get(row["variable"], row["variable"])
    return title if row["donor_basis"] is None else f"{title} ({row['donor_basis']})"


def found_value(row: Mapping[str, Any]) -> str:
    """Return the value of a muscle or subject for people; that none was found is never called 0.

    Parameters
    ----------
    row
        Of the muscles or the subjects table.
    """
    bound = row["none_found_high"]
    is_read = row["donor_basis"] == "read"
    if row.get("donor_is_detected") is False and not is_read:
        limit = row["donor_detection_limit_fraction"]
        return "not detected" if limit is None else f"not detected, below {plain(limit)}"
    # Of a subject none of whose muscles shows any, each by its own limit.
    if bound is None and row.get("not_detected_n") and row["not_detected_n"] == row["muscles_n"]:
        return "not detected"
    if bound is not None and row["value"] == 0.0:
        none = "none found" if is_read else "none called"
        # Where every nucleus was read, none is none.
        return f"{none}, at most {plain(bound)}{unit_suffix(row['unit'])}" if bound > 0.0 else none
    return f"{plain(row['value'])}{unit_suffix(row['unit'])}"


def _interval(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None:
        return "–"
    return f"at least {plain(low)}" if high is None else f"{plain(low)} to {plain(high)}"
