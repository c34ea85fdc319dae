"""The page that lists every knob with unit, default and meaning; generated, so that it is always true."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from myograft.config.load import preset_names, preset_path
from myograft.config.settings import RunSettings

_HEAD = """# Settings

One preset per staining panel; `myograft run IMAGE --config PRESET`, or a YAML file of your own with any of the keys
below, and `--set key=value` for single ones. What a file leaves out keeps its default. This page is generated
(`myograft config reference > configs/README.md`) and a test keeps it true.

## Presets

| preset | for |
|---|---|
"""


def reference_page() -> str:
    """Return the reference of presets and settings as Markdown."""
    lines = [_HEAD.rstrip("\n")]
    lines += [f"| `{name}` | {_purpose(name)} |" for name in preset_names()]
    lines += ["", "## Every knob"]
    for name, field in RunSettings.model_fields.items():
        lines += ["", f"### {name}", "", field.description or "", ""]
        lines += ["| key | default | unit | meaning |", "|---|---|---|---|"]
        lines += [_row(*knob) for knob in _knobs(name, field)]
    return "\n".join(lines) + "\n"


def _purpose(preset: str) -> str:
    first = preset_path(preset).read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("#").strip()


def _knobs(key: str, field: FieldInfo) -> Iterator[tuple[str, FieldInfo, Any]]:
    default = field.get_default(call_default_factory=True)
    choices = [choice for choice in _alternatives(field.annotation) if _is_group(choice)]
    if not choices:
        yield key, field, default
        return
    for choice in choices:
        suffix = f" ({_tag(choice)})" if len(choices) > 1 else ""
        for name, inner in choice.model_fields.items():
            for inner_key, inner_field, inner_default in _knobs(f"{key}.{name}", inner):
                yield inner_key + suffix, inner_field, inner_default


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    inner = get_args(annotation)
    if inner and not isinstance(annotation, type):
        return tuple(kind for part in inner for kind in _alternatives(part))
    return (annotation,)


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _tag(kind: type[BaseModel]) -> str:
    first = next(iter(kind.model_fields.values()))
    return str(first.default)


def _row(key: str, field: FieldInfo, default: Any) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    plain = default.value if isinstance(default, Enum) else default
    shown = yaml.safe_dump(plain, default_flow_style=True).removesuffix("...\n").strip()
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{key}` | `{shown}` | {extra.get('unit', '')} | {meaning} |"
