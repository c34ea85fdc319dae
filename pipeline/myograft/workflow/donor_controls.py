"""Does a donor threshold learned from controls fit this slide? Stain, pixels, outlines and the hosts' spread."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import JsonValue

from myograft.assign import OriginCalls, ScoresFrom, ThresholdMethod
from myograft.errors import ConfigError
from myograft.model.channels import Role
from myograft.model.donor_calibration import CURRENT_FORMAT, DonorCalibration, MarkerFingerprint
from myograft.model.provenance import Provenance
from myograft.read import read_donor_calibration
from myograft.stitch import NucleiOfStack, links_planes
from myograft.workflow.predict_plane import networks_of
from myograft.workflow.slide import Slide

#: Factor by which the hosts' spread may differ from that of the controls: beyond, the exposure was another.
_SPREAD_FACTOR = 2.0

#: Host standard deviations of the controls by which the middle of a slide's hosts may differ from theirs.
_LOCATION_SD = 3.0

#: Knobs of outlining that change no outline, or that a digest of the weights stands for.
_WITHOUT_EFFECT = {"method", "weights", "engine", "patch_px", "margin_px", "halo_um"}

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
        Where the file cannot be used, there is no donor channel to use it on, or the slide was stained, imaged or is
        measured otherwise than the controls and the settings do not accept that.
    """
    origin = slide.settings.assign.origin
    if origin.method is not ThresholdMethod.CALIBRATED:
        return None
    path = Path(str(origin.calibration)).expanduser()
    if Role.DONOR_NUCLEUS not in slide.roles:
        channels = ", ".join(f"{channel.index} ({channel.label})" for channel in slide.stack.channels)
        raise ConfigError(
            f"a donor calibration is to be used ({path}), and no channel plays the role donor_nucleus; the channels "
            f"are {channels}",
            where=str(slide.stack.path),
            remedy="Say which channel it is (--set channels.donor_nucleus=N), or leave the calibration out "
            "(--set assign.origin.method=empirical_null)",
        )
    calibration = read_donor_calibration(path)
    if calibration.format != CURRENT_FORMAT:
        raise ConfigError(
            "this calibration was made by an older version, which did not write down whether autofluorescence was "
            "taken off, how planes were joined and how nuclei were outlined",
            where=str(path),
            remedy="Make it again from its controls with 'myograft calibrate'; run them again where they changed",
        )
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
    is_given, is_linked = "nuclei" in record.given_labels_sha256, _was_linked(record)
    read, empty = settings.get("read"), record.roles.get(Role.AUTOFLUORESCENCE)
    projection = read.get("projection") if isinstance(read, dict) else None
    return MarkerFingerprint(
        channel=record.channels[record.roles[Role.DONOR_NUCLEUS]],
        image_dtype=record.image_dtype,
        pixel_size_um=record.calibration.pixel_size_um,
        marker=dict(assign["marker"]),  # type: ignore[arg-type]
        nuclei_from=network.sha256 if network is not None else _GIVEN if is_given else str(method["method"]),
        is_linked=is_linked,
        autofluorescence=None if empty is None else record.channels[empty],
        projection=str(projection) if _planes_n(record) > 1 and not is_linked else None,
        outlines={} if is_given else _outline_knobs(method),
        channels_n=len(record.channels),
    )


def _outline_knobs(method: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the knobs that change outlines; weights are known by their digest, and tiles change nothing."""
    return {key: value for key, value in method.items() if key not in _WITHOUT_EFFECT}


def _planes_n(record: Provenance) -> int:
    return dict(zip(record.image_axes, record.image_shape, strict=True)).get("Z", 1)


def _was_linked(record: Provenance) -> bool:
    """Whether nuclei were followed through planes, of which an image without a z axis has one."""
    stitch = record.settings.get("stitch")
    planes = stitch.get("planes") if isinstance(stitch, dict) else None
    wish = planes.get("nuclei") if isinstance(planes, dict) else None
    return wish == str(NucleiOfStack.LINKED) and _planes_n(record) > 1


def _fingerprint_of(slide: Slide, given: Collection[str]) -> MarkerFingerprint:
    stack = slide.stack
    network, is_given = networks_of(slide, given).get("nuclei"), "nuclei" in given
    is_linked = links_planes(stack, slide.settings.stitch)
    method = slide.settings.segment.nuclei.model_dump(mode="json")
    empty = slide.roles.get(Role.AUTOFLUORESCENCE)
    return MarkerFingerprint(
        channel=stack.channels[slide.roles.index_of[Role.DONOR_NUCLEUS]].label,
        image_dtype=stack.dtype,
        pixel_size_um=stack.calibration.pixel_size_um,
        marker=slide.settings.assign.marker.model_dump(mode="json"),
        nuclei_from=network.sha256 if network is not None else _GIVEN if is_given else method["method"],
        is_linked=is_linked,
        autofluorescence=None if empty is None else stack.channels[empty].label,
        projection=str(slide.settings.read.projection) if stack.planes_n > 1 and not is_linked else None,
        outlines={} if is_given else _outline_knobs(method),
        channels_n=len(stack.channels),
    )
