"""How settings come together: preset or YAML file, then ``--set`` keys; errors name file, line and nearest key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from myograft.config.settings import RunSettings
from myograft.errors import ConfigError
from myograft.model.shipped import shipped_folder
from myograft.train.settings import Kind, TrainSettings, fine_tuning, recipe

Location = tuple[str | int, ...]


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that travel with the package."""
    return tuple(sorted(path.stem for path in shipped_folder("configs").glob("*.yaml")))


def preset_path(name: str) -> Path:
    """Return the file of a preset."""
    return shipped_folder("configs") / f"{name}.yaml"


def load_settings(source: str | None = None, assignments: Sequence[str] = ()) -> RunSettings:
    """Return checked settings.

    Parameters
    ----------
    source
        Name of a preset or path of a YAML file; None for the defaults.
    assignments
        ``key=value`` texts that win over the file, keys dotted, values in YAML.

    Raises
    ------
    ConfigError
        Where a file is missing or not YAML, a key is unknown or a value does not fit: names file and line, the
        nearest valid key, and what would be valid.
    """
    values: dict[str, Any] = {}
    lines: dict[Location, int] = {}
    where = "settings"
    if source is not None:
        path = _find(source)
        where = str(path)
        values, lines = read_yaml(path)
    given = _assign(values, assignments)
    try:
        return RunSettings.model_validate(values)
    except ValidationError as problem:
        raise _explain(problem, where, lines, given, RunSettings) from None


def load_training(
    kind: Kind, assignments: Sequence[str] = (), *, is_fine_tuning: bool = False
) -> TrainSettings:
    """Return checked settings of a training: the recipe of what ships, changed by assignments.

    Parameters
    ----------
    kind
        What is outlined.
    assignments
        ``key=value`` texts, keys dotted, values in YAML.
    is_fine_tuning
        Whether a trained network is to learn from a few fields more.

    Raises
    ------
    ConfigError
        Where a key is unknown or a value does not fit.
    """
    start = fine_tuning(kind) if is_fine_tuning else recipe(kind)
    values = start.model_dump(mode="json")
    given = _assign(values, assignments)
    try:
        return TrainSettings.model_validate(values)
    except ValidationError as problem:
        raise _explain(problem, "settings", {}, given, TrainSettings) from None


def _assign(values: dict[str, Any], assignments: Sequence[str]) -> dict[Location, str]:
    """Put assignments into values; returns them by their keys."""
    given: dict[Location, str] = {}
    for assignment in assignments:
        location, value = _parse(assignment)
        _put(values, location, value, assignment)
        given[location] = assignment
    return given


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Location, int]]:
    """Return the content of a YAML file and the line of every key in it.

    Raises
    ------
    ConfigError
        When the file cannot be read, is not YAML, or is not a mapping of keys.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"the settings cannot be read ({problem})",
            where=str(path),
            remedy="Name a YAML text file or a preset (`myograft config list`)",
        ) from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(
            f"this is not valid YAML ({getattr(problem, 'problem', problem)})",
            where=f"{path}{line}",
            remedy="Mend the indentation or quoting there",
        ) from None
    if root is None:
        return {}, {}
    if not isinstance(values, dict):
        raise ConfigError(
            "the file is not a mapping of settings",
            where=str(path),
            remedy="Begin with lines such as `channels:`; `myograft config show laminin_dapi` prints a valid file",
        )
    lines: dict[Location, int] = {}
    seen: set[Location] = set()
    for location, number in _key_lines(root, ()):
        if location in seen:
            raise ConfigError(
                f"the key {_dotted(location)!r} stands twice",
                where=f"{path}:{number}",
                remedy="Keep one of them",
            )
        seen.add(location)
        lines[location] = number
    return values, lines


def _key_lines(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, key.value)
            yield inner, key.start_mark.line + 1
            yield from _key_lines(value, inner)


def _find(source: str) -> Path:
    path = Path(source)
    if path.suffix.lower() in {".yaml", ".yml"} or path.is_file():
        if not path.is_file():
            raise ConfigError(
                "there is no such settings file",
                where=source,
                remedy=f"Check the path, or use a preset: {', '.join(preset_names())}",
            )
        return path
    if source in preset_names():
        return preset_path(source)
    near = difflib.get_close_matches(source, preset_names(), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ConfigError(
        f"there is no preset {source!r}",
        where="--config",
        remedy=f"{hint}Presets: {', '.join(preset_names())}; or name a .yaml file",
    )


def _parse(assignment: str) -> tuple[Location, Any]:
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"{assignment!r} is not of the form key=value",
            where="--set",
            remedy="Write for example --set channels.nuclei=DAPI",
        )
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(
            f"the value of {assignment!r} is not valid YAML", where="--set", remedy="Quote it"
        ) from None
    return tuple(key.strip().split(".")), value


def _put(values: dict[str, Any], location: Location, value: Any, assignment: str) -> None:
    inner = values
    for step in location[:-1]:
        following = inner.setdefault(str(step), {})
        if following is None:
            following = inner[str(step)] = {}
        if not isinstance(following, dict):
            raise ConfigError(
                f"{step!r} in {assignment!r} is a single value, not a group of settings",
                where="--set",
                remedy="`myograft config show` prints every key",
            )
        inner = following
    inner[str(location[-1])] = value


def _explain(
    problem: ValidationError,
    where: str,
    lines: Mapping[Location, int],
    given: Mapping[Location, str],
    root: type[BaseModel],
) -> ConfigError:
    sentences: list[str] = []
    place = where
    for error in problem.errors(include_url=False):
        # A method's tag stands in pydantic's location but not in the file.
        location = _as_written(tuple(error["loc"]), root)
        assigned = next((text for key, text in given.items() if key[: len(location)] == location), None)
        if assigned is not None:
            spot = f"--set {assigned}"
        elif location in lines:
            spot = f"{where}:{lines[location]}"
        else:
            spot = where
        place = spot if not sentences else place
        prefix = "" if not sentences else f"{spot}: "
        sentences.append(f"{prefix}{_sentence(error, location, root)}")
    return ConfigError(
        "; ".join(sentences),
        where=place,
        remedy="configs/README.md (`myograft config reference`) lists every key",
    )


def _sentence(error: Mapping[str, Any], location: Location, root: type[BaseModel]) -> str:
    key = _dotted(location)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _valid_keys(location[:-1], root), n=1, cutoff=0.4)
        hint = f", did you mean {_dotted((*location[:-1], near[0]))!r}?" if near else ""
        return f"there is no setting {key!r}{hint}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{key} = {error['input']!r} does not fit: {message[:1].lower()}{message[1:]}"


def _as_written(location: Location, root: type[BaseModel]) -> Location:
    known: list[str | int] = []
    for step in location:
        valid = _valid_keys(tuple(known), root)
        if valid and step not in valid and step in _method_tags(root):
            continue
        known.append(step)
    return tuple(known)


def _method_tags(root: type[BaseModel]) -> set[str]:
    tags: set[str] = set()
    for model in _models_under(root):
        for field in model.model_fields.values():
            if field.discriminator is not None:
                for choice in get_args(field.annotation):
                    tags.update(get_args(choice.model_fields[str(field.discriminator)].annotation))
    return tags


def _models_under(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in _models_of(field.annotation):
            yield from _models_under(inner)


def _models_of(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for choice in get_args(annotation) for model in _models_of(choice)]


def _valid_keys(location: Location, root: type[BaseModel]) -> list[str]:
    models = [root]
    for step in location:
        models = [
            inner
            for model in models
            if str(step) in model.model_fields
            for inner in _models_of(model.model_fields[str(step)].annotation)
        ]
    return [key for model in models for key in model.model_fields]


def _dotted(location: Location) -> str:
    return ".".join(str(step) for step in location)
