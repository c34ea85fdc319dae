"""The live panel: the numbers of the review, after every edit; of a blinded reading nothing that the machine said."""

from __future__ import annotations

import csv
import io
import shutil

import pytest

from myograft.api import ReadingSetup, open_review
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target
from napari_myograft.summary import summary_csv, summary_lines


@pytest.fixture
def result_copy(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


def values(review):
    return {line.label: line.value for line in summary_lines(review)}


def test_numbers_are_those_of_the_section(result_copy):
    with open_review(result_copy, "Ann") as review:
        section, shown = review.section, values(review)
        assert shown["All / sized"] == f"{section['fibers_n']} / {section['fibers_sized_n']}"
        assert shown["Called donor"].startswith(
            f"{section['donor_nuclei_n']} of {section['nuclei_called_n']}"
        )
        low, high = (100 * section[f"donor_nuclei_fraction_{end}"] for end in ("low", "high"))
        assert f"({low:.2f} % – {high:.2f} %)" in shown["Crude, 95 %"]
        assert shown["Minimal Feret"].startswith(f"{section['min_feret_mean_um']:.1f} ± ")


def test_every_edit_counts(result_copy):
    with open_review(result_copy, "Ann") as review:
        before = values(review)
        hosts = [row["nucleus_id"] for row in review.nuclei.rows() if row["origin"] == "host"]
        review.set_origin(hosts[0], Origin.DONOR)
        review.reject(Target.FIBER, 20, ExclusionReason.FOLD)
        after = values(review)
        donors = [int(text["Called donor"].split()[0]) for text in (before, after)]
        assert donors[1] == donors[0] + 1
        assert after["Nuclei read"].startswith("1 of ")
        assert after["Entries"] == "2, not signed"
        assert after["All / sized"] != before["All / sized"]
        review.sign_off("read by me")
        assert values(review)["Entries"] == "3, signed"


def test_the_estimate_waits_for_the_random_audit(result_copy):
    with open_review(result_copy, "Ann") as review:
        assert "random audit" in values(review)["Estimate, 95 %"]
        for nucleus_id in review.audit_ids:
            review.accept(Target.NUCLEUS, nucleus_id, is_audit=True)
        assert "% –" in values(review)["Estimate, 95 %"]
        assert values(review)["Random audit"] == f"{len(review.audit_ids)} of {len(review.audit_ids)} read"


def test_a_blinded_panel_tells_nothing_of_the_machine(result_copy):
    with open_review(result_copy, "Bea", setup=ReadingSetup()) as review:
        before = summary_lines(review)
        assert all(line.value in {"", "0", "0, not signed"} for line in before)
        review.set_origin(12, Origin.DONOR)
        review.set_origin(13, Origin.HOST)
        review.set_origin(14, None)
        shown = values(review)
        assert (shown["Read as donor"], shown["Read as host"], shown["Left open"]) == ("1", "1", "1")
        assert "donor_nuclei_n" not in summary_csv(review)
        assert review.finished.record.slide_id not in summary_csv(review)


def test_csv_names_units_and_meanings(result_copy):
    with open_review(result_copy, "Ann") as review:
        rows = {row["name"]: row for row in csv.DictReader(io.StringIO(summary_csv(review)))}
        assert float(rows["csa_mean_um2"]["value"]) == review.section["csa_mean_um2"]
        assert rows["csa_mean_um2"]["unit"] == "um^2"
        assert int(rows["machine_donor_nuclei_n"]["value"]) == review.estimate["machine_donor_nuclei_n"]
        assert all(row["meaning"] for row in rows.values())
