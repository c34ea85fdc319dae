"""Outlines of an earlier result, taken as they are: nothing that decides them has changed since."""

from __future__ import annotations

from dataclasses import replace

from myograft.execute import Engine
from myograft.read import open_labels
from myograft.stitch import links_planes
from myograft.workflow.earlier import Earlier, notes_of_outlines, outline_probability
from myograft.workflow.outline_plane import Outlined, take_given
from myograft.workflow.outline_stack import take_given_of_stack
from myograft.workflow.survey_plane import Prepared


def outline_again(engine: Engine, prepared: Prepared, name: str, earlier: Earlier | None) -> Outlined | None:
    """Take an earlier result's fibers or nuclei, numbers, doubts, warnings and all; None where they do not hold."""
    if earlier is None or name not in earlier.parts:
        return None
    slide = prepared.slide
    is_linked = name == "nuclei" and links_planes(slide.stack, slide.settings.stitch)
    source = open_labels(earlier.layout.labels(name), slide.stack, of_every_plane=is_linked)
    if is_linked:
        outlined = take_given_of_stack(engine, prepared, source)
    else:
        outlined = take_given(engine, prepared, name, source)
    return replace(
        outlined,
        probability=outline_probability(earlier, name),
        notes=notes_of_outlines(earlier, name),
    )
