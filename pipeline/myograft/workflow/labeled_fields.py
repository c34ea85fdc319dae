"""Fields of a user's own to learn from: an image, and a label image beside it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from myograft.config import RunSettings
from myograft.errors import ChannelError, LabelsError, UsageError
from myograft.execute import Engine
from myograft.model.channels import ChannelRoles, Role
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.numerics.resample import downsample_labels
from myograft.read import match_roles, open_labels, open_stack, read_labels
from myograft.tiling import WorkingGrid
from myograft.train.real import Field
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import survey_plane

#: Endings of label files that the name of their image does not have.
_LABEL_ENDINGS = re.compile(r"[_-](labels?|masks?|fibers|nuclei|cp_masks|truth)$")

#: Endings an image may have.
_IMAGE_ENDINGS = (".ome.tif", ".tif", ".tiff", ".ome.tiff")

#: Stains that tissue, focus and brightness of outlines are told by; others do not matter here.
_SEEN = (Role.SARCOLEMMA, Role.NUCLEI)


def labeled_field(labels: Path, role: Role, settings: RunSettings, working_um_per_px: float) -> Field:
    """Return a field, normalized and at working resolution, as a run with these settings would see it.

    Parameters
    ----------
    labels
        Label image; its image lies beside it under the same name.
    role
        Stain that the objects are outlined on.
    settings
        Channels, planes, normalization and pixel size.
    working_um_per_px
        Resolution that the network works at.

    Raises
    ------
    MyograftError
        Where the image, its stain or the labels cannot be used.
    """
    image = image_of(labels)
    stack = open_stack(image, settings.read)
    source = open_labels(labels, stack)
    roles = match_roles(stack, settings.channels)
    if role not in roles:
        raise ChannelError(
            f"no channel could be matched to {role}",
            where=str(image),
            remedy=f"Say which it is with --set channels.{role}=N",
        )
    whole = Region(0, 0, *stack.shape)
    truth = read_labels(source, whole)
    if not truth.any():
        raise LabelsError("the label image holds no object", where=str(labels), remedy="Leave it out")
    seen = ChannelRoles({known: index for known, index in roles.index_of.items() if known in _SEEN})
    # Nothing is written where a run would write: the slide is only looked at.
    beside = image.parent
    slide = Slide(image.name, stack, seen, settings, ResultLayout(beside), beside)
    with Engine(1) as engine:
        prepared = survey_plane(engine, slide)
    grid = WorkingGrid.nearest(stack.calibration.pixel_size_um, working_um_per_px)
    small = prepared.working(role, whole, grid)
    truth = np.repeat(np.repeat(truth, grid.up, axis=0), grid.up, axis=1)
    return Field(small, downsample_labels(truth, grid.down, (small.shape[0], small.shape[1])))


def image_of(labels: Path) -> Path:
    """Return the image that a label file belongs to, by its name."""
    stem = labels.name
    for ending in sorted(_IMAGE_ENDINGS, key=len, reverse=True):
        stem = stem.removesuffix(ending)
    stem = _LABEL_ENDINGS.sub("", stem)
    for name in (stem, f"{stem}_img"):
        for ending in _IMAGE_ENDINGS:
            if (path := labels.with_name(name + ending)) != labels and path.is_file():
                return path
    raise UsageError(
        f"there is no image {stem}.tif beside these labels",
        where=str(labels),
        remedy="Name the two files alike: NAME.tif and NAME_labels.tif",
    )
