"""What was said of an object is found at once, and is what a walk through the whole journal finds."""

from __future__ import annotations

import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest

from myograft.api import open_review
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import ExcludeRegion, IncludeRegion, Target
from myograft.model.journal import in_force
from napari_myograft.said import Said


@pytest.fixture
def review(result_folder, tmp_path):
    with open_review(shutil.copytree(result_folder, tmp_path / "slide"), "ann") as opened:
        yield opened


def walked(review):
    """Entries of every object, and areas, by the walk that `said` saves."""
    found, areas = {}, []
    for entry in in_force(review.entries):
        edit = entry.correction
        if isinstance(edit, (ExcludeRegion, IncludeRegion)):
            areas.append(edit)
        number = getattr(edit, "nucleus_id", None)
        if number is not None:
            found.setdefault((Target.NUCLEUS, number), []).append(entry)
        elif edit.kind in ("accept", "reject"):
            found.setdefault((edit.target, edit.object_id), []).append(entry)
    return found, areas


def test_it_is_what_the_journal_says_after_every_edit(review):
    said, random = Said(review), np.random.default_rng(3)
    nuclei = review.nuclei["nucleus_id"].filled()[:5].tolist()
    edits = (
        lambda n: review.set_origin(n, random.choice([Origin.DONOR, Origin.HOST])),
        lambda n: review.set_location(n, Location.INTERSTITIAL, None),
        lambda n: review.accept(Target.FIBER, n),
        lambda n: review.reject(Target.NUCLEUS, n, ExclusionReason.OTHER),
        lambda n: review.exclude(((0, 0), (0, 5), (5, n + 1)), ExclusionReason.FOLD),
        lambda _: review.undo() if review.can_undo else None,
        lambda _: review.undo() if review.can_undo else None,
        lambda _: review.redo() if review.can_redo else None,
        lambda n: review.sign_off(f"{n}"),
    )
    for step in range(60):
        edits[random.integers(len(edits))](nuclei[step % len(nuclei)])
        if step % 3 == 0:
            found, areas = walked(review)
            for target in Target:
                ids = {number for of, number in found if of is target}
                assert {number for number, _ in said.all_of(target)} == ids
                assert all(list(said.of(target, n)) == found[target, n] for n in ids)
            assert said.areas == areas
    assert review.set_position  # used by readers; its entries are found alike
    review.set_location(nuclei[0], Location.IN_FIBER, int(review.fibers["fiber_id"].filled()[0]))
    review.set_position(nuclei[0], Position.CENTRAL)
    assert [entry.correction.kind for entry in said.of(Target.NUCLEUS, nuclei[0])][-2:] == [
        "location",
        "position",
    ]


def test_a_long_journal_is_read_once(review):
    for number in review.nuclei["nucleus_id"].filled()[:4].tolist():
        review.set_origin(number, Origin.DONOR)
    reads = []

    class Counting(tuple):
        __slots__ = ()

        def __getitem__(self, key):
            reads.append(len(super().__getitem__(key)))
            return super().__getitem__(key)

    said = Said(SimpleNamespace(entries=Counting(review.entries * 2500)))
    begun = time.perf_counter()
    for _ in range(1000):
        said.of(Target.NUCLEUS, 1)
    assert time.perf_counter() - begun < 2.0
    assert sum(reads) == 10_000
