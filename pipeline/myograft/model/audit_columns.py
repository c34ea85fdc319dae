"""Columns of what an audit of donor calls says: the audit_estimates table."""

from __future__ import annotations

from myograft.model.column import Column, count, real, text

AUDIT_ESTIMATES: tuple[Column, ...] = (
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("section_id", "Section: tissue piece on the slide ('1' until sections are told apart)."),
    text("domain", "Nuclei that are meant: all with an origin, or those of one location."),
    count("nuclei_called_n", "Nuclei of the domain with an origin: the denominator."),
    count("machine_donor_nuclei_n", "Of them called donor by the machine, before anybody read."),
    count("reviewed_n", "Of them read, but not as a part of the random sample."),
    count("reviewed_donor_n", "Of these donor by reading."),
    count("audited_n", "Nuclei of the random sample that were read and are clear."),
    count("audited_donor_n", "Of these donor by reading."),
    count(
        "unclear_n",
        "Read nuclei that are unclear, nuclei of the sample that were passed over, and nuclei that a reader drew and nobody has called.",
    ),
    real(
        "donor_nuclei_estimated_n",
        "1",
        "Donor nuclei: those read, and those of the sample weighted by how many each stands for (two-phase estimate); a drawn one without a call counts by the donor part of those that the machine calls alike. Null where of a stratum none was read.",
    ),
    count(
        "donor_nuclei_estimated_low_n",
        "Lower end of its 95 % interval; unclear nuclei and those without a call count as host.",
    ),
    count(
        "donor_nuclei_estimated_high_n",
        "Upper end of its 95 % interval; unclear nuclei and those without a call count as donor.",
    ),
    real(
        "donor_nuclei_sampled_n",
        "1",
        "Of donor_nuclei_estimated_n the part that stands on a sample: of nuclei called alike that were not all read.",
    ),
    real(
        "donor_nuclei_sampled_variance",
        "1",
        "Variance of this part by chance of the draw; of several sections both add up (unclear nuclei left aside).",
    ),
    real(
        "audit_largest_weight",
        "1",
        "Most nuclei that one read nucleus of the sample stands for; 0 where all were read.",
    ),
    real("donor_nuclei_fraction_estimated", "1", "donor_nuclei_estimated_n over nuclei_called_n."),
    real("donor_nuclei_fraction_estimated_low", "1", "Lower end of its 95 % interval."),
    real("donor_nuclei_fraction_estimated_high", "1", "Upper end of its 95 % interval."),
)
