"""The small drawn cases in the docstrings are tests."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import myograft

MODULES = sorted(module.name for module in pkgutil.walk_packages(myograft.__path__, "myograft."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, extraglobs={"np": np})
    assert outcome.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    examples = sum(
        len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name))
    )
    assert examples >= 30
