"""Every kind of edit survives the journal, and wrong ones are refused."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import TypeAdapter, ValidationError

from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Add,
    Correction,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    NewObject,
    Pixels,
    Redo,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    Settle,
    SignOff,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry

ids = st.integers(1, 2**32 - 1)
targets = st.sampled_from(Target)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=6)).filter(np.any)
coordinates = st.floats(-1e6, 1e6)
outlines = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=5).map(tuple)


@st.composite
def pixels(draw, y0=0):
    return Pixels.from_mask(draw(masks), y0=y0 + draw(st.integers(0, 50)), x0=draw(st.integers(0, 50)))


@st.composite
def merges(draw):
    chosen = draw(st.lists(ids, min_size=3, max_size=5, unique=True))
    bridge = draw(st.none() | pixels())
    return Merge(target=draw(targets), object_ids=tuple(chosen[1:]), new_id=chosen[0], bridge=bridge)


@st.composite
def splits(draw):
    chosen = draw(st.lists(ids, min_size=3, max_size=4, unique=True))
    parts = [NewObject(new_id=new, pixels=draw(pixels(100 * n))) for n, new in enumerate(chosen[1:])]
    return Split(target=draw(targets), object_id=chosen[0], parts=tuple(parts))


corrections = st.one_of(
    st.builds(Add, target=targets, made=st.builds(NewObject, new_id=ids, pixels=pixels())),
    st.builds(Delete, target=targets, object_id=ids),
    merges(),
    splits(),
    st.builds(Reshape, target=targets, object_id=ids, pixels=pixels()),
    st.builds(
        SetOrigin,
        nucleus_id=ids,
        before=st.none() | st.sampled_from(Origin),
        after=st.none() | st.sampled_from(Origin),
    ),
    st.builds(
        SetLocation,
        nucleus_id=ids,
        before=st.none() | st.sampled_from(Location),
        after=st.sampled_from(Location),
        fiber_before=st.none() | ids,
        fiber_after=ids,
    ),
    st.builds(
        SetPosition,
        nucleus_id=ids,
        before=st.none() | st.sampled_from(Position),
        after=st.sampled_from(Position),
    ),
    st.builds(ExcludeRegion, outline=outlines, reason=st.sampled_from(ExclusionReason)),
    st.builds(IncludeRegion, outline=outlines),
    st.builds(Accept, target=targets, object_id=ids),
    st.builds(Reject, target=targets, object_id=ids, reason=st.sampled_from(ExclusionReason)),
    st.builds(Undo, number=st.integers(1, 10**9)),
    st.builds(Redo, number=st.integers(1, 10**9)),
    st.builds(SignOff, meaning=texts),
    st.builds(Settle, sentence=texts, region=st.just(Region(3, 4, 9, 12))),
)
entries = st.builds(
    JournalEntry,
    number=st.integers(1, 10**9),
    moment=st.datetimes(timezones=st.timezones()),
    author=texts,
    correction=corrections,
    why=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    previous_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@given(entries)
def test_round_trip_through_a_line_of_text(entry):
    line = json.dumps(entry.to_json())
    assert "\n" not in line
    back = JournalEntry.from_json(json.loads(line))
    assert back == entry
    assert back.hash == entry.hash
    assert type(back.correction) is type(entry.correction)


def test_each_kind_has_a_name_of_its_own():
    kinds = get_args(get_args(Correction)[0])
    names = {kind.model_fields["kind"].default for kind in kinds}
    assert len(kinds) == len(names) == 16


@given(masks, st.integers(0, 9), st.integers(0, 9))
def test_pixels_are_the_mask(mask, y0, x0):
    drawn = Pixels.from_mask(mask, y0=y0, x0=x0)
    window = Region(y0, x0, y0 + mask.shape[0], x0 + mask.shape[1])
    np.testing.assert_array_equal(drawn.to_mask(window), mask)
    assert drawn.area_px == mask.sum()
    rows, columns = np.nonzero(mask)
    assert drawn.box == Region(
        y0 + rows.min(), x0 + columns.min(), y0 + rows.max() + 1, x0 + columns.max() + 1
    )


@given(masks, st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))
def test_a_window_shows_its_part_of_the_pixels(mask, y0, x0, height, width):
    canvas = np.zeros((30, 30), bool)
    canvas[5 : 5 + mask.shape[0], 4 : 4 + mask.shape[1]] = mask
    window = Region(y0, x0, y0 + height, x0 + width)
    np.testing.assert_array_equal(Pixels.from_mask(mask, y0=5, x0=4).to_mask(window), canvas[window.slices])


BAR = {"runs": [[0, 0, 5]]}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "paint"}, "does not match any of the expected tags"),
        ({"kind": "delete", "target": "tooth", "object_id": 1}, "'fiber' or 'nucleus'"),
        ({"kind": "delete", "target": "fiber", "object_id": 0}, "greater than or equal to 1"),
        ({"kind": "delete", "target": "fiber", "object_id": 2**32}, "less than or equal to 4294967295"),
        ({"kind": "delete", "target": "fiber", "object_id": 1, "extra": 1}, "Extra inputs"),
        ({"kind": "merge", "target": "fiber", "object_ids": [1], "new_id": 2}, "at least 2 items"),
        ({"kind": "merge", "target": "fiber", "object_ids": [1, 1], "new_id": 2}, "merged with itself"),
        ({"kind": "merge", "target": "fiber", "object_ids": [1, 2], "new_id": 2}, "needs a new number"),
        (
            {
                "kind": "split",
                "target": "fiber",
                "object_id": 1,
                "parts": [{"new_id": 2, "pixels": BAR}, {"new_id": 2, "pixels": {"runs": [[1, 0, 5]]}}],
            },
            "a new number of its own",
        ),
        (
            {
                "kind": "split",
                "target": "fiber",
                "object_id": 1,
                "parts": [{"new_id": 2, "pixels": BAR}, {"new_id": 3, "pixels": {"runs": [[0, 4, 6]]}}],
            },
            "parts must not overlap",
        ),
        ({"kind": "reshape", "target": "fiber", "object_id": 1, "pixels": {"runs": []}}, "at least 1 item"),
        (
            {"kind": "reshape", "target": "fiber", "object_id": 1, "pixels": {"runs": [[0, 5, 5]]}},
            "must end after it begins",
        ),
        (
            {
                "kind": "reshape",
                "target": "fiber",
                "object_id": 1,
                "pixels": {"runs": [[0, 0, 5], [0, 5, 7]]},
            },
            "raster order",
        ),
        (
            {
                "kind": "location",
                "nucleus_id": 1,
                "before": None,
                "after": "in_fiber",
                "fiber_before": None,
                "fiber_after": None,
            },
            "needs the fiber's number",
        ),
        ({"kind": "exclude", "outline": [[0, 0], [1, 1]], "reason": "fold"}, "at least 3 items"),
        ({"kind": "exclude", "outline": [[0, 0], [1, 1], [0, 1]], "reason": "ugly"}, "'edge', 'oblique'"),
        ({"kind": "include", "outline": [[0, 0], [1, 1], [0, float("nan")]]}, "finite number"),
        ({"kind": "sign_off", "meaning": "  "}, "pattern"),
    ],
)
def test_wrong_edits_are_refused(values, sentence):
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(Correction).validate_python(values)


def test_an_empty_mask_is_no_object():
    with pytest.raises(ValidationError, match="at least 1 item"):
        Pixels.from_mask(np.zeros((2, 2), bool))
