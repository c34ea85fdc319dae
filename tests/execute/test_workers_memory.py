"""Workers give back what a stage needed, and forget what it loaded."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

import numpy as np
import psutil
import pytest

from myograft.execute import Engine


def hold(shared: None, item: int) -> tuple[int, int]:
    """Fill and drop many arrays that lie between some that stay, so that the C library keeps their memory."""
    arrays = [np.ones(8_000) for _ in range(8_000)]
    kept = arrays[::500]
    del arrays
    resident = psutil.Process().memory_info().rss
    hold.kept = kept
    return os.getpid(), resident


@pytest.mark.skipif(
    sys.platform != "linux", reason="other C libraries give memory back by rules of their own"
)
def test_workers_give_memory_back_after_a_stage():
    with Engine(2) as engine:
        for number, resident in engine.over("hold", hold, shared=None, items=[0, 1]):
            assert psutil.Process(number).memory_info().rss < resident - 300 * 2**20


@lru_cache
def loaded() -> int:
    """Return which process has loaded something, and keep that."""
    return os.getpid()


def load(shared: None, item: int) -> int:
    """Use what is loaded once per worker."""
    del shared, item
    return loaded()


def count_loaded(shared: None, item: int) -> int:
    """Return how much of it a worker keeps."""
    del shared, item
    return loaded.cache_info().currsize


@pytest.mark.parametrize("workers_n", [1, 2])
def test_workers_forget_what_a_stage_loaded(workers_n):
    loaded.cache_clear()
    with Engine(workers_n) as engine:
        engine.over("load", load, shared=None, items=range(50))
        assert any(engine.over("count", count_loaded, shared=None, items=range(50)))
        engine.over("load", load, shared=None, items=range(50), forget=loaded.cache_clear)
        assert not any(engine.over("count", count_loaded, shared=None, items=range(50)))
