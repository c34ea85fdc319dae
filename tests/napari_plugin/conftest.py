"""A small finished result, as a user would drop it on the window."""

from __future__ import annotations

import pytest

from myograft.api import BatchRequest, load_settings, run_batch, sample_paths


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("result")
    [sample] = [path for path in sample_paths() if "control" not in path.name]
    outcome = run_batch(
        BatchRequest(inputs=(sample,), out=out, settings=load_settings("laminin_dapi_lamin_ac"))
    )
    assert outcome.failed_n == 0
    return out / sample.name.removesuffix(".ome.tif")
