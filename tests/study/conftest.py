"""Readings made by hand: squares for outlines, tables as a review leaves them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from skimage.measure import regionprops

from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.table import from_rows
from myograft.study import MACHINE, ReadingTables, SlideReadings

#: Pixels of a side of the plane, of 1 um.
SIDE = 400


@dataclass(frozen=True)
class Scene:
    """One slide that nobody has read: fibers of 20 px in a grid, a nucleus in each corner."""

    slide_id: str = "slide"
    donors: frozenset[int] = frozenset({1, 2, 3})
    fibers_n: int = 100

    @property
    def fibers(self):
        labels = np.zeros((SIDE, SIDE), np.uint32)
        for number in range(self.fibers_n):
            y, x = 36 * (number // 11) + 4, 36 * (number % 11) + 4
            labels[y : y + 20, x : x + 20] = number + 1
        return labels

    @property
    def nuclei(self):
        labels = np.zeros((SIDE, SIDE), np.uint32)
        for number in range(self.fibers_n):
            y, x = 36 * (number // 11) + 4, 36 * (number % 11) + 4
            labels[y : y + 4, x : x + 4] = number + 1
        return labels

    def machine(self):
        return self.read(MACHINE)

    def read(self, reader, *, fibers=None, nuclei=None, calls=None, read=None, drawn=(), **facts):
        """Return a reading; `calls` are columns by nucleus, `read` the numbers that were read (all)."""
        labels = {
            Target.FIBER: self.fibers if fibers is None else fibers,
            Target.NUCLEUS: self.nuclei if nuclei is None else nuclei,
        }
        calls, is_machine = calls or {}, reader == MACHINE
        tables = {}
        for target, name, key, size in (
            (Target.FIBER, TableName.FIBERS, "fiber_id", "csa_um2"),
            (Target.NUCLEUS, TableName.NUCLEI, "nucleus_id", "area_um2"),
        ):
            rows = []
            for part in regionprops(labels[target]):
                number = int(part.label)
                y0, x0, y1, x1 = part.bbox
                row = {"slide_id": self.slide_id, "section_id": "1", key: number, size: float(part.area)}
                row |= {"centroid_y_um": part.centroid[0], "centroid_x_um": part.centroid[1]}
                row |= {"box_y0_px": y0, "box_x0_px": x0, "box_y1_px": y1, "box_x1_px": x1}
                row |= {"is_excluded": False, "is_drawn": None if is_machine else number in drawn}
                row |= {"is_reviewed": None if is_machine else read is None or number in read}
                if target is Target.NUCLEUS:
                    row |= {"origin": "donor" if number in self.donors else "host", "is_undecided": False}
                    row |= {"location": "in_fiber", "position": "peripheral", "fiber_id": number}
                    row |= calls.get(number, {})
                rows.append(row)
            tables[target] = from_rows(name, rows)
        return ReadingTables(
            **{
                "reader": reader,
                "slide_id": self.slide_id,
                "is_blinded": True,
                "is_random_order": True,
                "sections": self.sections(tables, is_machine=is_machine),
                "fibers": tables[Target.FIBER],
                "nuclei": tables[Target.NUCLEUS],
                "outlines": lambda target, region: labels[target][region.slices],
                "last_hash": None if is_machine else "0" * 64,
            }
            | facts
        )

    def sections(self, tables, *, is_machine):
        fibers, nuclei = tables[Target.FIBER], tables[Target.NUCLEUS]
        donors_n, hosts_n = (int((nuclei["origin"].filled("") == name).sum()) for name in ("donor", "host"))
        read = [float(table["is_reviewed"].filled(fill_value=False).mean()) for table in (fibers, nuclei)]
        row = {"slide_id": self.slide_id, "section_id": "1", "fibers_n": len(fibers), "nuclei_n": len(nuclei)}
        row |= {"csa_mean_um2": fibers["csa_um2"].mean(), "donor_nuclei_n": donors_n}
        row |= {
            "donor_nuclei_fraction": donors_n / max(1, donors_n + hosts_n),
            "donor_nuclei_fraction_low": 0.0,
        }
        row |= {"donor_nuclei_fraction_high": 1.0, "reviewed_fraction": None if is_machine else np.mean(read)}
        return from_rows(TableName.SECTIONS, [row])

    def slide(self, *readings):
        return SlideReadings(self.machine(), readings)


@pytest.fixture(scope="session")
def scene():
    return Scene()


@pytest.fixture(scope="session")
def scenes():
    """Four slides, ever more donor."""
    return [
        replace(Scene(), slide_id=f"s{number}", donors=frozenset(range(1, 2 + 4 * number)))
        for number in range(1, 5)
    ]
