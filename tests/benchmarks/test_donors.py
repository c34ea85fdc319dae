"""How right donor calls are on phantoms, by marker, fraction and difficulty: part of ``make accuracy``.

Standard is the panels' own signal-to-noise ratio of 20, harder 2, hardest the hard panel (8, blurred, with lipofuscin
and more bleed-through). Nothing is tuned on these seeds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import pytest

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.matching import match_labels
from myograft.phantom import PhantomSpec
from myograft.read import read_label_image
from myograft.workflow.simulate import simulate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PATTERNS = {"laminin_dapi_lamin_ac": "ring", "laminin_dapi_hna": "filled", "hard": "ring"}


@dataclass(frozen=True)
class Calls:
    """Donor calls against the truth; `elsewhere_n` on outlines that match no true nucleus."""

    true_n: int
    false_n: int
    missed_n: int
    hosts_n: int
    elsewhere_n: int

    @property
    def f1(self):
        return 2 * self.true_n / (2 * self.true_n + self.false_n + self.elsewhere_n + self.missed_n)


def called(folder, spec, *, is_given):
    folder.mkdir(exist_ok=True)
    files = simulate(spec, folder / f"{spec.panel}_{round(1e4 * spec.donor_fraction)}.ome.tif")
    settings = load_settings("laminin_dapi_lamin_ac", [f"assign.marker.pattern={PATTERNS[spec.panel]}"])
    given = {"fiber_labels": files.fiber_labels, "nucleus_labels": files.nucleus_labels} if is_given else {}
    request = BatchRequest(
        (files.image,), folder / "out", settings, workers_n=2, is_fresh=True, copies_image=False, **given
    )
    outcome = run_batch(request)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    result = open_result(folder / "out" / files.image.name.split(".")[0])
    origin = {row["nucleus_id"]: row["origin"] for row in result.tables["nuclei"].rows()}
    with files.nuclei_table.open(encoding="utf-8") as file:
        truth = {int(row["nucleus_id"]): row["origin"] for row in csv.DictReader(file)}
    labels = np.asarray(result.label_levels("nuclei")[0])
    matching = match_labels(labels, read_label_image(files.nucleus_labels), 0.5)
    pairs = [(origin[int(p)], truth[int(t)]) for p, t in zip(matching.predicted, matching.truth, strict=True)]
    return Calls(
        true_n=pairs.count(("donor", "donor")),
        false_n=pairs.count(("donor", "host")),
        missed_n=list(truth.values()).count("donor") - pairs.count(("donor", "donor")),
        hosts_n=sum(of == "host" for _, of in pairs),
        elsewhere_n=sum(origin[int(p)] == "donor" for p in matching.unmatched_predicted),
    )


@pytest.mark.parametrize("panel", ["laminin_dapi_lamin_ac", "laminin_dapi_hna"])
def test_donors_of_phantoms(tmp_path, panel):
    """Calls on true outlines, then all from the pixels: nuclei that are missed, merged or broken are wrong, too."""
    for level, panel_of, snr in (("standard", panel, 20.0), ("harder", panel, 2.0), ("hardest", "hard", 8.0)):
        for fraction in (0.01, 0.05, 0.2):
            # Fewer than five positive nuclei are no second population: one in a hundred needs more tissue.
            edge_px = 3584 if fraction < 0.05 else 2048
            spec = PhantomSpec(
                edge_px, edge_px, 0.65, seed=9301, panel=panel_of, donor_fraction=fraction, snr=snr
            )
            calls = called(tmp_path / f"{level}_given", spec, is_given=True)
            whole = called(tmp_path / level, spec, is_given=False)
            print(
                f"{PATTERNS[panel]} {level:8} {fraction:4.0%} donor: F1 {calls.f1:.3f} of calls, {whole.f1:.3f} from "
                f"the pixels  {calls} {whole}",
                flush=True,
            )
            if level == "standard":
                assert min(calls.f1, whole.f1) >= 0.97


@pytest.mark.parametrize("panel", ["laminin_dapi_lamin_ac", "laminin_dapi_hna"])
def test_rare_donors_of_phantoms(tmp_path, panel):
    """One nucleus in 1,000; on true outlines, of which there are enough to see one false call in 5,000."""
    spec = PhantomSpec(8192, 8192, 0.65, seed=9302, panel=panel, donor_fraction=0.001)
    calls = called(tmp_path, spec, is_given=True)
    donors_n = calls.true_n + calls.missed_n
    _, bound = clopper_pearson(calls.false_n, calls.hosts_n)
    print(
        f"{PATTERNS[panel]}, 1 in 1,000 donor: {calls.false_n} of {calls.hosts_n:,} hosts called donor (at most "
        f"1 in {1 / bound:,.0f} with 97.5 % confidence), {calls.true_n} of {donors_n} donors"
    )
    assert calls.false_n / calls.hosts_n <= 1 / 5000
    assert calls.true_n / donors_n >= 0.97
