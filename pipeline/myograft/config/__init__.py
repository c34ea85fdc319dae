"""All settings in one place: gathered from the rooms, read from YAML, described for people and machines."""

from myograft.config.load import load_settings, load_training, preset_names, preset_path, read_yaml
from myograft.config.reference import reference_page
from myograft.config.settings import RunSettings

__all__ = [
    "RunSettings",
    "load_settings",
    "load_training",
    "preset_names",
    "preset_path",
    "read_yaml",
    "reference_page",
]
