"""After every test no image may be open."""

from __future__ import annotations

import gc
from pathlib import Path

import psutil
import pytest

from myograft.read import close_all


@pytest.fixture(autouse=True)
def nothing_stays_open(tmp_path):
    yield
    close_all()
    gc.collect()
    folder = str(Path(tmp_path).resolve())
    assert [file.path for file in psutil.Process().open_files() if file.path.startswith(folder)] == []
