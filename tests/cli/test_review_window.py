"""The review's window from the command line, also where napari is not installed."""

from __future__ import annotations

import sys

import pytest


def test_without_napari_it_says_what_to_install(monkeypatch, tmp_path, myograft):
    monkeypatch.setitem(sys.modules, "napari", None)  # so that importing it raises ModuleNotFoundError
    for name in [name for name in sys.modules if name.startswith("napari_myograft")]:
        monkeypatch.delitem(sys.modules, name)
    told = myograft("review", tmp_path)
    assert told.code != 0
    assert 'python -m pip install "myograft[napari]"' in told.err
    assert "napari is not installed" in told.err


@pytest.mark.parametrize("part", ["0", "1.5"])
def test_a_part_that_is_none_is_refused(tmp_path, myograft, part):
    told = myograft("review", tmp_path, "--part", part)
    assert told.code != 0
    assert "is no part" in told.err
