"""Every input gets a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.workflow.batch import plain_name, slide_ids

NAMES = st.sampled_from(["a.tif", "A.tif", "a-2.tif", "a.ome.tif", "b.zarr", "a-3.ome.zarr"])


@given(st.lists(NAMES, max_size=8))
def test_names_are_unique_even_without_case(names):
    ids = slide_ids([Path(f"folder{position}") / name for position, name in enumerate(names)])
    assert len({name.lower() for name in ids}) == len(ids)


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_a_name_without_collision_is_kept(names):
    paths = [Path(f"folder{position}") / name for position, name in enumerate(names)]
    plain = [plain_name(path) for path in paths]
    for given_name, unique in zip(plain, slide_ids(paths), strict=True):
        if [name.lower() for name in plain].count(given_name.lower()) == 1:
            assert unique == given_name


def test_the_same_input_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="named twice"):
        slide_ids([tmp_path / "a.tif", tmp_path / "." / "a.tif"])


def test_a_trailing_slash_is_no_name():
    assert plain_name(Path("slides/biopsy.ome.zarr/")) == "biopsy"
