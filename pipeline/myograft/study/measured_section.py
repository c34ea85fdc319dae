"""A section and its place in a study, and what of it counts for a variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from myograft.model.donor_calibration import DonorCalibration
from myograft.model.study import Place
from myograft.study.donor_reading import ALL, DonorReading, ReadDomain
from myograft.study.variables import Variable


@dataclass(frozen=True)
class MeasuredSection:
    """A section and its place in the study.

    Parameters
    ----------
    row
        Its row of the sections table; null as None.
    place
        Whose it is.
    calibration
        What controls say of its donor calls; None without controls that fit, and once a call was read.
    is_reviewed
        Whether people corrected it.
    position_um
        Where its middle lies in a series along the muscle; None where it is not one of a series.
    reading
        What people's reading says of its donor nuclei; None where nobody read any call.
    """

    row: Mapping[str, Any]
    place: Place
    calibration: DonorCalibration | None = None
    is_reviewed: bool = False
    position_um: float | None = None
    reading: DonorReading | None = None

    @property
    def name(self) -> str:
        """Its name for people."""
        return f"slide {self.row['slide_id']}, section {self.row['section_id']}"

    def sums(self, variable: Variable) -> tuple[float, float] | None:
        """Return numerator and denominator of a variable; None where it was not measured.

        Once calls were read, a count of donor nuclei is neither the machine's nor the readers': the two-phase estimate
        takes its place, and where there is none, nothing does.
        """
        sums = variable.sums(self.row)
        if sums is None or variable.domain is None or self.reading is None:
            return sums
        domain = self.read(variable)
        if domain is None or domain.estimate is None:
            return None
        # Of a fraction of the nuclei, those that were read are the denominator: also what a reader found unclear.
        is_of_nuclei = variable.domain == ALL and variable.over == "nuclei_called_n"
        return domain.estimate.value, float(domain.nuclei_n) if is_of_nuclei else sums[1]

    def read(self, variable: Variable) -> ReadDomain | None:
        """Return what reading says of a variable's numerator; None where nobody read, or it has no estimate."""
        domain = self.reading.get(variable.domain) if self.reading and variable.domain else None
        return domain if domain is not None and domain.estimate is not None else None
