"""Whole runs, shared by the tests that look at them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from myograft.api import BatchRequest, load_settings, open_result, run_batch, sample_paths


@dataclass(frozen=True)
class Run:
    """Results of a run over the sample slides."""

    out: Path

    def result(self, name: str):
        return open_result(self.out / name)


def run_samples(out: Path, *assignments: str, workers_n: int = 1, paths=None) -> Run:
    outcome = run_batch(
        BatchRequest(
            inputs=tuple(paths or sample_paths()),
            out=out,
            settings=load_settings("laminin_dapi_lamin_ac", list(assignments)),
            workers_n=workers_n,
        )
    )
    assert outcome.failed_n == 0
    return Run(out)


@pytest.fixture(scope="session")
def engrafted_path():
    return next(path for path in sample_paths() if path.name == "engrafted.ome.tif")


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory):
    return run_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def run_again():
    """Runs samples with other settings."""
    return run_samples
