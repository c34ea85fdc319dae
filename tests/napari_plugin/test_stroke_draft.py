"""Strokes survive on the disk, whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.errors import OutputError
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout
from napari_myograft.stroke_draft import StrokeDraft, Strokes

REGION = Region(10, 20, 40, 80)


@pytest.fixture
def draft(tmp_path):
    return StrokeDraft(tmp_path / "journal.strokes.npz")


def strokes():
    before = np.zeros((30, 60), np.uint32)
    after = before.copy()
    after[3:9, 4:20] = 4_000_000_000
    return before, after, Strokes.between(Target.NUCLEUS, REGION, before, after)


def test_strokes_come_back(draft):
    before, after, painted = strokes()
    assert draft.found() is None
    draft.keep(painted)
    found = draft.found()
    assert (found.target, found.region) == (Target.NUCLEUS, REGION)
    np.testing.assert_array_equal(found.on(before), after)
    assert found.box == Region(13, 24, 19, 40)
    assert [path.name for path in draft.path.parent.iterdir()] == ["journal.strokes.npz"]
    draft.drop()
    assert draft.found() is None
    draft.drop()


def test_only_painted_pixels_are_put_on_newer_labels():
    _, after, painted = strokes()
    newer = np.full((30, 60), 7, np.uint32)
    on = painted.on(newer)
    assert (on[3:9, 4:20] == 4_000_000_000).all()
    assert (on[after == 0] == 7).all()


def test_a_broken_draft_is_a_sentence(draft):
    draft.path.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(OutputError, match="committed corrections are not affected"):
        draft.found()


def test_a_draft_whose_pixels_lie_elsewhere_is_refused(draft):
    _, _, painted = strokes()
    draft.keep(Strokes(painted.target, Region(0, 0, 2, 2), painted.places, painted.numbers))
    with pytest.raises(OutputError, match="outside of its window"):
        draft.found()


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    with pytest.raises(OutputError, match="Commit them"):
        StrokeDraft(tmp_path / "not there" / "either" / "x.npz").keep(strokes()[2])


def test_each_reader_has_a_draft(tmp_path):
    layout = ResultLayout(tmp_path)
    own = StrokeDraft.beside_journal(layout, "Ann", ReadingSetup())
    shared = StrokeDraft.beside_journal(layout, "Ann", None)
    assert own.path == layout.reading("Ann").with_suffix(".strokes.npz")
    assert shared.path == tmp_path / "journal.strokes.npz"
    own.keep(strokes()[2])
    assert own.found() is not None
    assert shared.found() is None
