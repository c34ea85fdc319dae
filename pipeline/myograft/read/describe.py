"""What a file holds, said for people."""

from __future__ import annotations

from myograft.model.channels import Channel, ChannelRoles
from myograft.model.stack import Stack


def describe(stack: Stack, roles: ChannelRoles | None) -> list[tuple[str, str]]:
    """Return (label, value) pairs about an image; `roles` is None where they are ambiguous."""
    height, width = stack.shape
    size_um = stack.calibration.pixel_size_um
    facts = [
        ("file", str(stack.path)),
        ("format", "OME-Zarr" if stack.kind == "ome-zarr" else "TIFF"),
        ("stored", f"{stack.axes} {' x '.join(map(str, stack.stored_shape))}, {stack.dtype}"),
        ("plane", f"{height} x {width} px = {height * size_um:.0f} x {width * size_um:.0f} um"),
        ("z-planes", str(stack.planes_n)),
        ("pixel size", f"{size_um:g} um, from {stack.calibration.source}"),
    ]
    if stack.calibration.z_step_um is not None:
        facts.append(("z step", f"{stack.calibration.z_step_um:g} um"))
    facts += [(f"channel {channel.index}", _channel(channel)) for channel in stack.channels]
    if roles is not None:
        facts += [
            (str(role), f"channel {index} ({stack.channels[index].label}), by {roles.reason_of.get(role)}")
            for role, index in sorted(roles.index_of.items())
        ]
        if not roles.index_of:
            facts.append(("roles", "none matched; say them with --set channels.sarcolemma=N and so on"))
    return facts + [("note", note) for note in stack.notes]


def _channel(channel: Channel) -> str:
    parts = [channel.name or "without a name"]
    parts += [f"dye {channel.fluorophore}"] if channel.fluorophore else []
    parts += [f"excitation {channel.excitation_nm:g} nm"] if channel.excitation_nm else []
    parts += [f"emission {channel.emission_nm:g} nm"] if channel.emission_nm else []
    return ", ".join(parts)
