"""Which channel plays which role: by explicit setting, else by name, dye or wavelength; never by position."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from myograft.errors import ChannelError
from myograft.model.channels import Channel, ChannelRoles, Role
from myograft.model.stack import Stack
from myograft.read.photograph import roles_of
from myograft.read.settings import ABSENT, ChannelSettings

#: Fluorescent proteins that donor cells carry, and what says that they carry them in the nucleus.
_REPORTER = r"(e?[gry]fp|m?cherry|td?tomato|lacz)"
_IN_NUCLEUS = r"(nuc(lear|lei|leus)?|nls|h2b)"

#: Stains of the sarcolemma, as they are written with and without the dye or number behind them.
_SARCOLEMMA = (
    r"laminin|\blama2\b|merosin|\bwga(?![a-z])|wheat[ -]?germ|dystrophin|spectrin|collagen[ -]?(iv|4)\b|\bcol4|"
    r"\bcol[ -]?(iv|4)\b|sarcolemma|perlecan|caveolin[ -]?3|dystroglycan"
)

#: Stains of donor nuclei. "GFP" behind another stain's name is its dye ("Laminin GFP"), so a reporter in nuclei needs a
#: word of its own before or behind it.
_DONOR_NUCLEUS = (
    r"lamin[ -]?a\b|lamin[ -]?a[ /+-]*c(?![a-z])|\bh(uman)?[ -]?lamin(?!in)|\bh?lmna(?![a-z])"
    r"|\bhna(?![a-z])|\bhu?-?nuc?(?![a-z])|human[ -]?(cell[ -])?nucle|\b(stem|sc)[ -]?101(?!\d)|\bh?ku-?80(?!\d)"
    r"|\by[ -]*(fish|chr(omosome)?|probe)(?![a-z])|\bchr(omosome)?[ -]*y(?![a-z])|\bcep[ -]*y(?![a-z])|\bsry(?![a-z])"
    rf"|\b(n|{_IN_NUCLEUS})[ -]?{_REPORTER}(?![a-z])|\b{_REPORTER}[ -]?{_IN_NUCLEUS}(?![a-z])|\bdonor[ -]?nucle"
)

#: Roles in the order they claim channels: "human spectrin" is a donor protein before it is a sarcolemma. Underscores of
#: names are spaces here.
_PATTERNS: tuple[tuple[Role, str], ...] = (
    # "AF 488" is a dye.
    (Role.AUTOFLUORESCENCE, r"auto[ -]?fluor|\baf\b(?![ -]*\d)|\bempty\b|\bblank\b|\bunstained\b"),
    (
        Role.DONOR_FIBER,
        (
            r"\bh(uman)?[ -]?(spectrin|dystrophin|laminin)|donor[ -]?fib(er|re)"
            # A channel that is named by its filter alone is a reporter; one that names a stain too is that stain.
            rf"|^e?gfp\b(?!.*({_IN_NUCLEUS}|{_SARCOLEMMA}|{_DONOR_NUCLEUS}))"
        ),
    ),
    (
        Role.REGENERATION,
        (
            r"\b(e|emb(ryonic)?|n|neo(natal)?|d|dev(elopmental)?|f(o?etal)?|perinatal)[ -]*(my?hc|myosin)\b"
            r"|\bmy?hc[ -]*(emb|neo|dev|f(o?etal)?\b|[edn]\b)|\bmyh[38]\b|\bf1\.652\b|regenerat"
        ),
    ),
    # "MHC-I" is the histocompatibility complex, "COX-2" cyclooxygenase: neither is a fiber type.
    (
        Role.FIBER_TYPE,
        (
            r"\bmyhc[ -]*(i|1|2|slow|fast)|\b(slow|fast|type[ -]*i+[abx]*)[ -]*(myosin|myhc|fib)|\bmyh[1247]\b"
            r"|\bba-?d5\b|\bsc-?71\b|\bbf-?f3\b|\bsdh[abcd]?\b|\bcox\b(?![ -]*2)|\bcox[ -]*(iv|i|4|1)\b|\bmt-?co1\b"
            r"|cytochrome[ -]*c[ -]*oxidase|\bfib(er|re)[ -]*type"
        ),
    ),
    (Role.DONOR_NUCLEUS, _DONOR_NUCLEUS),
    (Role.SARCOLEMMA, _SARCOLEMMA),
    # "Goat anti-mouse IgG" is a second antibody, not plasma: of IgG only the bare name counts.
    (
        Role.NECROSIS,
        (
            r"^(endogenous[ _-]*|(mouse|human|rat|dog)[ _-]*)?ig[gm]$|^(serum[ _-]*)?albumin$"
            r"|\bevans[ _-]?blue|\bebd\b|necro"
        ),
    ),
    (Role.NUCLEI, r"\bdapi(?![a-z])|hoechst|\bdraq5\b|\bto-?pro-?3?\b|sytox|\bnuclei\b|\bdna\b"),
)

#: Emission and excitation of the blue DNA dyes in nm; used only where no name or dye says more.
_BLUE_EMISSION_NM = (440.0, 480.0)
_BLUE_EXCITATION_NM = (340.0, 410.0)


def match_roles(stack: Stack, settings: ChannelSettings) -> ChannelRoles:
    """Return the channel of every role that is there.

    Raises
    ------
    ChannelError
        Where an explicit channel is absent, or a role fits two channels.
    """
    index_of: dict[Role, int] = {}
    reason_of: dict[Role, str] = {}
    for role in Role:
        choice = settings.choice(role)
        if choice is None or choice == ABSENT:
            continue
        index_of[role], reason_of[role] = _explicit(stack, role, choice)
    for role, (index, reason) in roles_of(stack.photograph).items():
        if settings.choice(role) is None and index not in index_of.values():
            index_of[role], reason_of[role] = index, reason
    _one_role_each(stack, index_of)
    # The colors of a photograph are not stains; they play a role only where a setting says so.
    open_roles = [] if stack.is_rgb else [role for role in Role if settings.choice(role) is None]
    free = [channel for channel in stack.channels if channel.index not in index_of.values()]
    for role, pattern in _PATTERNS:
        fitting = [(channel, found) for channel in free if (found := _matched(channel, pattern))]
        free = [channel for channel in free if channel not in [taken for taken, _ in fitting]]
        if role in open_roles and fitting:
            channel, reason = _only(stack, role, fitting)
            index_of[role], reason_of[role] = channel.index, reason
    if Role.NUCLEI in open_roles and Role.NUCLEI not in index_of:
        blue = [(channel, found) for channel in free if (found := _blue(channel))]
        if blue:
            channel, reason = _only(stack, Role.NUCLEI, blue)
            index_of[Role.NUCLEI], reason_of[Role.NUCLEI] = channel.index, reason
    return ChannelRoles(index_of, reason_of)


def _one_role_each(stack: Stack, index_of: dict[Role, int]) -> None:
    for role, index in index_of.items():
        others = [other for other, taken in index_of.items() if taken == index and other is not role]
        if others:
            raise ChannelError(
                f"channel {index} ({stack.channels[index].label}) is given both to {role} and to {others[0]}",
                where=str(stack.path),
                remedy=f"Change channels.{role} or channels.{others[0]}",
            )


def _explicit(stack: Stack, role: Role, choice: int | str) -> tuple[int, str]:
    if isinstance(choice, str) and choice.isdigit():
        choice = int(choice)
    if isinstance(choice, int):
        if choice >= len(stack.channels):
            raise _absent(stack, role, choice)
        return choice, f"channels.{role} = {choice}"
    wish = choice.lower()
    exact = [channel for channel in stack.channels if wish in _names(channel)]
    fitting = exact or [
        channel for channel in stack.channels if any(wish in name for name in _names(channel))
    ]
    if not fitting:
        raise _absent(stack, role, choice)
    if len(fitting) > 1:
        raise _ambiguous(stack, role, fitting, f"channels.{role} = {choice!r}")
    return fitting[0].index, f"channels.{role} = {choice!r}"


def _names(channel: Channel) -> list[str]:
    return [name.lower() for name in (channel.name, channel.fluorophore) if name]


def _matched(channel: Channel, pattern: str) -> str | None:
    for kind, text in (("name", channel.name), ("dye", channel.fluorophore)):
        if text and re.search(pattern, text.replace("_", " "), re.IGNORECASE):
            return f"its {kind} {text!r}"
    return None


def _blue(channel: Channel) -> str | None:
    for kind, value, (low, high) in (
        ("emission", channel.emission_nm, _BLUE_EMISSION_NM),
        ("excitation", channel.excitation_nm, _BLUE_EXCITATION_NM),
    ):
        if value is not None:
            return f"its {kind} at {value:g} nm" if low <= value <= high else None
    return None


def _only(stack: Stack, role: Role, fitting: Sequence[tuple[Channel, str]]) -> tuple[Channel, str]:
    if len(fitting) > 1:
        raise _ambiguous(stack, role, [channel for channel, _ in fitting], "its stain's names")
    return fitting[0]


def _ambiguous(stack: Stack, role: Role, fitting: Sequence[Channel], by: str) -> ChannelError:
    names = " and ".join(f"{channel.index} ({channel.label})" for channel in fitting)
    return ChannelError(
        f"{role} fits {len(fitting)} channels by {by}: {names}",
        where=str(stack.path),
        remedy=f"Choose one with --set channels.{role}={fitting[0].index}, or leave the stain out with --set "
        f"channels.{role}={ABSENT}",
    )


def _absent(stack: Stack, role: Role, choice: int | str) -> ChannelError:
    known = ", ".join(f"{channel.index} ({channel.label})" for channel in stack.channels)
    labels = [channel.label for channel in stack.channels]
    near = difflib.get_close_matches(str(choice), labels, 1) if isinstance(choice, str) else []
    advice = f"Did you mean {near[0]!r}? " if near else ""
    return ChannelError(
        f"there is no channel {choice} for {role}; the channels are {known}",
        where=str(stack.path),
        remedy=f"{advice}Use --set channels.{role}=N with one of these",
    )
