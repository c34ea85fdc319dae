"""Does a donor threshold learned from controls fit this slide? Stain, pixels, outlines and the hosts' spread."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from myograft.assign import OriginCalls, ScoresFrom, ThresholdMethod
from myograft.errors import ConfigError
from myograft.model.channels import Role
from myograft.model.donor_calibration import DonorCalibration, MarkerFingerprint
from myograft.model.provenance import Provenance
from myograft.read import read_donor_calibration
from myograft.stitch import NucleiOfStack, links_planes
from myograft.workflow.predict_plane import networks_of
from myograft.workflow.slide import Slide

#: Factor by which the hosts' spread may differ from that of the controls: beyond, the exposure was another.
_SPREAD_FACTOR = 2.0

#: Host standard deviations of the controls by which the middle of a slide's hosts may differ from theirs.
_LOCATION_SD = 3.0

#: What outlined nuclei that were given as labels.
_GIVEN = "given labels"


def open_donor_calibration(slide: Slide, given: Collection[str]) -> DonorCalibration | None:
    """Return the calibration that the settings name, if it fits the slide; None where none is asked for.

    Parameters
    ----------
    slide
        The slide, opened.
    given
        Kinds of objects whose outlines are given.

    Raises
    ------
    ConfigError
        Where the file cannot be used, or the slide was stained, imaged or is measured otherwise than the controls
        and the settings do not accept that.
    """
    origin = slide.settings.assign.origin
    if origin.method is not ThresholdMethod.CALIBRATED or Role.DONOR_NUCLEUS not in slide.roles:
        return None
    path = Path(str(origin.calibration)).expanduser()
    calibration = read_donor_calibration(path)
    differing = calibration.fingerprint.differences(_fingerprint_of(slide, given))
    if differing and not origin.accepts_mismatch:
        raise ConfigError(
            f"the donor threshold was learned from controls that this slide does not match: {'; '.join(differing)} "
            f"({slide.stack.path})",
            where=str(path),
            remedy="Calibrate on controls of the same panel, measured with the same settings; or say --set "
            "assign.origin.accepts_mismatch=true, and the corrected estimates are left out",
        )
    return calibration


def doubts_of_calibration(slide: Slide, given: Collection[str], calls: OriginCalls) -> tuple[str, ...]:
    """Return why the error rates of the controls do not hold for this slide; empty where they do."""
    calibration = slide.donor_calibration
    if calibration is None:
        return ()
    doubts = calibration.fingerprint.differences(_fingerprint_of(slide, given))
    if slide.settings.assign.origin.scores_from is ScoresFrom.CONTROLS:
        return (*doubts, "scores are in the controls' units, for which no rate of false calls was learned")
    if calls.host_location is not None:
        moved = (calls.host_location - calibration.host_location) / calibration.host_scale
        if abs(moved) > _LOCATION_SD:
            why = (
                "many nuclei may be donor, or the background is another"
                if moved > 0
                else "another background?"
            )
            doubts.append(
                f"the middle of its host nuclei lies {abs(moved):.1f} host standard deviations "
                f"{'above' if moved > 0 else 'below'} that of the controls: {why}"
            )
    if calls.host_scale is not None:
        factor = calls.host_scale / calibration.host_scale
        if not 1.0 / _SPREAD_FACTOR <= factor <= _SPREAD_FACTOR:
            doubts.append(
                f"the spread of its host nuclei is {factor:.2g} times that of the controls: another exposure or "
                "staining?"
            )
    return tuple(doubts)


def fingerprint_of_record(record: Provenance) -> MarkerFingerprint | None:
    """Return how a finished result measured the donor marker; None where it did not."""
    if Role.DONOR_NUCLEUS not in record.roles:
        return None
    settings = record.settings
    assign, segment = settings["assign"], settings["segment"]
    assert isinstance(assign, dict)  # noqa: S101 - settings are those of a run
    assert isinstance(segment, dict)  # noqa: S101
    network, method = record.networks.get("nuclei"), segment["nuclei"]
    assert isinstance(method, dict)  # noqa: S101
    outlined = _GIVEN if "nuclei" in record.given_labels_sha256 else str(method["method"])
    return MarkerFingerprint(
        channel=record.channels[record.roles[Role.DONOR_NUCLEUS]],
        image_dtype=record.image_dtype,
        pixel_size_um=record.calibration.pixel_size_um,
        marker=dict(assign["marker"]),  # type: ignore[arg-type]
        nuclei_from=network.sha256 if network is not None else outlined,
        is_linked=_was_linked(record),
    )


def _was_linked(record: Provenance) -> bool:
    """Whether nuclei were followed through planes, of which an image without a z axis has one."""
    stitch = record.settings.get("stitch")
    planes = stitch.get("planes") if isinstance(stitch, dict) else None
    wish = planes.get("nuclei") if isinstance(planes, dict) else None
    lengths = dict(zip(record.image_axes, record.image_shape, strict=True))
    return wish == str(NucleiOfStack.LINKED) and lengths.get("Z", 1) > 1


def _fingerprint_of(slide: Slide, given: Collection[str]) -> MarkerFingerprint:
    stack = slide.stack
    network = networks_of(slide, given).get("nuclei")
    outlined = _GIVEN if "nuclei" in given else slide.settings.segment.nuclei.method
    return MarkerFingerprint(
        channel=stack.channels[slide.roles.index_of[Role.DONOR_NUCLEUS]].label,
        image_dtype=stack.dtype,
        pixel_size_um=stack.calibration.pixel_size_um,
        marker=slide.settings.assign.marker.model_dump(mode="json"),
        nuclei_from=network.sha256 if network is not None else outlined,
        is_linked=links_planes(stack, slide.settings.stitch),
    )
