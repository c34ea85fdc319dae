"""Where nuclei lie in a stack of optical planes, and how much room they take."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array
from myograft.model.geometry import Calibration
from myograft.model.objects import LinkedObjects


def measure_planes(nuclei: LinkedObjects, planes_n: int, calibration: Calibration) -> dict[str, Array]:
    """Return columns of the nuclei table, in the order of the numbers; lengths only where planes have a distance.

    Parameters
    ----------
    nuclei
        Nuclei linked through the planes.
    planes_n
        Planes of the stack.
    calibration
        Size of a pixel and distance of planes.

    Notes
    -----
    The volume is Cavalieri's: areas of sections times their distance (Gundersen & Jensen 1987,
    doi:10.1111/j.1365-2818.1987.tb02837.x).
    """
    columns: dict[str, Array] = {
        "plane": nuclei.plane,
        "first_plane": nuclei.first_plane,
        "last_plane": nuclei.last_plane,
        "planes_n": nuclei.planes_n,
        "touches_stack_end": (nuclei.first_plane == 0) | (nuclei.last_plane == planes_n - 1),
    }
    step_um = calibration.z_step_um
    if step_um is not None:
        columns |= {
            "centroid_z_um": nuclei.middle_plane * step_um,
            "height_um": (nuclei.last_plane - nuclei.first_plane + 1) * step_um,
            "volume_um3": nuclei.volume_px * calibration.pixel_size_um**2 * step_um,
        }
    return {name: np.ma.MaskedArray(values) for name, values in columns.items()}
