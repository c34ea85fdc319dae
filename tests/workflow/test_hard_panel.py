"""The hard panel, on seeds that nothing is tuned on: reported, and held from falling back.

Figures of 2026-11 are in pipeline/README.md; the floors stand a little below them.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest

from myograft.api import BatchRequest, compare_labels, load_settings, open_result, run_batch
from myograft.evaluate import evaluate_calls
from myograft.numerics.matching import match_labels
from myograft.phantom import HARD_SEEDS, PhantomSpec
from myograft.read import read_label_image
from myograft.workflow.simulate import simulate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Mean figures over the hard seeds."""
    folder = tmp_path_factory.mktemp("hard")
    rows = []
    for seed in HARD_SEEDS:
        files = simulate(
            PhantomSpec(1536, 1536, 0.5, seed=seed, panel="hard", donor_fraction=0.1),
            folder / f"hard_{seed}.ome.tif",
        )
        settings = load_settings("laminin_dapi_lamin_ac")
        assert run_batch(BatchRequest((files.image,), folder / "out", settings, workers_n=2)).failed_n == 0
        result = open_result(folder / "out" / f"hard_{seed}")
        found, truth = np.asarray(result.label_levels("nuclei")[0]), read_label_image(files.nucleus_labels)
        matching = match_labels(found, truth, 0.5)
        calls = {row["nucleus_id"]: row for row in result.tables["nuclei"].rows()}
        with files.nuclei_table.open(encoding="utf-8") as file:
            true_calls = {int(row["nucleus_id"]): row for row in csv.DictReader(file)}

        def compare(column, positive, matching=matching, calls=calls, true_calls=true_calls):
            return evaluate_calls(
                matching,
                {number: row[column] for number, row in calls.items()},
                {number: row[column] or None for number, row in true_calls.items()},
                positive,
            )

        rows.append(
            {
                "fiber F1": compare_labels(result.layout.root, files.fiber_labels)["f1"],
                "nucleus F1": compare_labels(result.layout.root, files.nucleus_labels, objects="nuclei")[
                    "f1"
                ],
                "location accuracy": compare("location", "in_fiber").accuracy,
                "origin accuracy": compare("origin", "donor").accuracy,
                "donor F1 over all nuclei": compare("origin", "donor").f1,
            }
        )
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    print("\nhard panel:", ", ".join(f"{name} {value:.3f}" for name, value in means.items()))
    return means


def test_the_hard_panel(figures):
    assert figures["fiber F1"] >= 0.94
    assert figures["nucleus F1"] >= 0.88
    assert figures["location accuracy"] >= 0.85
    assert figures["origin accuracy"] >= 0.98
