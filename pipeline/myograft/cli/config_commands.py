"""``myograft config``: the presets and settings."""

from __future__ import annotations

import json
from typing import Annotated

import typer
import yaml

from myograft.config import RunSettings, load_settings, preset_names, preset_path, reference_page

config_app = typer.Typer(help="List, show and check settings.", no_args_is_help=True, add_completion=False)

Source = Annotated[str, typer.Argument(help="Name of a preset or path of a YAML file.")]
Assignments = Annotated[list[str] | None, typer.Option("--set", help="key=value that wins over the file.")]


@config_app.command("list")
def list_presets() -> None:
    """List the presets that travel with the package."""
    for name in preset_names():
        purpose = preset_path(name).read_text(encoding="utf-8").splitlines()[0].removeprefix("#").strip()
        typer.echo(f"{name}\t{purpose}")


@config_app.command()
def show(source: Source, assignments: Assignments = None) -> None:
    """Print the complete settings of a preset or file, defaults included, as YAML."""
    settings = load_settings(source, assignments or [])
    typer.echo(yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False), nl=False)


@config_app.command()
def validate(source: Source, assignments: Assignments = None) -> None:
    """Check a file; say what is wrong with file, line and nearest valid key."""
    load_settings(source, assignments or [])
    typer.echo(f"{source}: valid")


@config_app.command()
def schema() -> None:
    """Print the JSON Schema of the settings."""
    typer.echo(json.dumps(RunSettings.model_json_schema(), indent=2))


@config_app.command()
def reference() -> None:
    """Print the page that lists every knob."""
    typer.echo(reference_page(), nl=False)
