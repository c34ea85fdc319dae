"""How many slides of a batch run beside each other: their sizes and what they need of this machine's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from myograft.execute import SlideNeed, Wave, Workers, free_memory_bytes, plan_waves
from myograft.model.result_layout import OutputLayout
from myograft.read import close_all
from myograft.workflow.plan import memory_of
from myograft.workflow.plan_facts import facts_of
from myograft.workflow.run import SlideRequest, open_slide

_MIB = 2**20

#: What is asked of a slide that cannot be opened: it fails at once.
_NOTHING = SlideNeed(1, 500.0, 500.0, 400.0)


def waves_of(slides: Sequence[SlideRequest], output: OutputLayout, workers_n: int) -> list[Wave]:
    """Return which slides run beside each other on this machine.

    Parameters
    ----------
    slides
        What is wanted, in order.
    output
        Folder of the results.
    workers_n
        Workers of this machine in all.
    """
    needs = [_need_of(slide, output) for slide in slides]
    return plan_waves(needs, workers_n, free_memory_bytes() / _MIB)


def _need_of(request: SlideRequest, output: OutputLayout) -> SlideNeed:
    """Return what a slide needs, as the plan of a run reckons it."""
    try:
        slide, given = open_slide(request, output)
        facts = facts_of(slide, given, Workers(1), copies_image=request.copies_image)
    except Exception:  # noqa: BLE001  # whatever is wrong with one slide is told when its turn comes
        return _NOTHING
    finally:
        close_all()
    alone, with_others = memory_of(facts), memory_of(replace(facts, workers=Workers(2)))
    return SlideNeed(
        len(slide.tiles()), alone.total / _MIB, with_others.main / _MIB, with_others.worker / _MIB
    )
