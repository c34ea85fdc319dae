"""What every settings class has in common: frozen, checked, no unknown keys, a unit beside each number."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of the settings that stand beside the machine they turn; `config` only gathers them."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=False, allow_inf_nan=False
    )


def knob(default: Any, description: str, *, unit: str = "", **limits: Any) -> Any:
    """Return a pydantic field whose description and unit feed YAML check, CLI help, tooltips and reference.

    Parameters
    ----------
    default
        Value without a setting.
    description
        One sentence on what the knob turns.
    unit
        Unit of the value; empty for text, flags and choices.
    limits
        pydantic bounds such as ``ge=0``.
    """
    return Field(default=default, description=description, json_schema_extra={"unit": unit}, **limits)
