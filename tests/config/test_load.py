"""Settings come together from preset, file and keys; what is wrong is named with file, line and nearest key."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from myograft.config import (
    RunSettings,
    load_settings,
    load_training,
    preset_names,
    preset_path,
    reference_page,
)
from myograft.errors import ConfigError
from myograft.train.settings import recipe


def test_defaults_need_no_file():
    assert load_settings() == RunSettings()


def test_the_presets_are_there_and_valid():
    assert {"laminin_dapi", "laminin_dapi_lamin_ac", "dystrophin_dapi", "he", "cellpose"} <= set(
        preset_names()
    )
    for name in preset_names():
        assert load_settings(name) == load_settings(str(preset_path(name)))


def test_presets_say_what_in_fiber_means():
    assert load_settings("laminin_dapi").assign.outline_stain.in_fiber_meaning == "sublaminal"
    assert load_settings("dystrophin_dapi").assign.outline_stain.in_fiber_meaning == "myonucleus"


def test_keys_win_over_the_file():
    settings = load_settings("laminin_dapi", ["channels.sarcolemma=3", "tiling.tile_px=512"])
    assert settings.channels.sarcolemma == 3
    assert settings.tiling.tile_px == 512


@given(
    tile=st.integers(1, 64), cut=st.floats(0.5, 1.0), channel=st.one_of(st.integers(0, 9), st.just("laminin"))
)
def test_settings_survive_the_yaml_round_trip(tmp_path_factory, tile, cut, channel):
    settings = load_settings(
        None,
        [
            f"tiling.tile_px={tile * 512}",
            f"assign.in_fiber_overlap={cut!r}",
            f"channels.sarcolemma={channel}",
        ],
    )
    path = tmp_path_factory.mktemp("yaml") / "settings.yaml"
    path.write_text(yaml.safe_dump(settings.model_dump(mode="json")), encoding="utf-8")
    assert load_settings(str(path)) == settings


def write(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "tiling:\n  tile_pixels: 512\n",
            ["mine.yaml:2", "'tiling.tile_pixels'", "did you mean 'tiling.tile_px'?"],
        ),
        ("chanels:\n  nuclei: 1\n", ["mine.yaml:1", "'chanels'", "did you mean 'channels'?"]),
        (
            "tiling:\n  tile_px: 1000\n",
            ["mine.yaml:2", "tiling.tile_px = 1000", "multiple of 512, such as 512"],
        ),
        ("tiling:\n  tile_px: many\n", ["mine.yaml:2", "tiling.tile_px = 'many'", "integer"]),
        ("read: {projection: brightest}\n", ["mine.yaml:1", "read.projection = 'brightest'", "best_focus"]),
        ("tiling:\n  tile_px: 512\n  tile_px: 1024\n", ["mine.yaml:3", "'tiling.tile_px' stands twice"]),
        (
            "measure:\n  section_thickness_um: 0\n",
            ["mine.yaml:2", "measure.section_thickness_um = 0", "greater than 0"],
        ),
        (
            "measure:\n  space:\n    relabelings_n: 9\n",
            ["mine.yaml:3", "measure.space.relabelings_n = 9", "greater than or equal to 99"],
        ),
        ("tiling: [1\n", ["mine.yaml:", "not valid YAML"]),
        ("- a\n- b\n", ["mine.yaml", "not a mapping"]),
        ("segment:\n  fibers:\n    method: guess\n", ["mine.yaml:", "segment.fibers", "watershed"]),
        (
            "segment:\n  fibers:\n    method: watershed\n    halo: 3\n",
            ["mine.yaml:4", "did you mean 'segment.fibers.halo_um'?"],
        ),
    ],
)
def test_a_wrong_file_is_explained(tmp_path, text, parts):
    with pytest.raises(ConfigError) as caught:
        load_settings(str(write(tmp_path, text)))
    for part in parts:
        assert part in caught.value.sentence


def test_every_mistake_of_a_file_is_told_at_once(tmp_path):
    path = write(tmp_path, "tiling:\n  tile_px: 1000\nchanels: {}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(str(path))
    assert "mine.yaml:2" in caught.value.sentence
    assert "mine.yaml:3" in caught.value.sentence


@pytest.mark.parametrize(
    ("assignment", "part"),
    [
        ("tiling", "not of the form key=value"),
        ("tiling.tile=512", "did you mean 'tiling.tile_px'?"),
        ("tiling.tile_px.x=512", "tile_px"),
        ("tiling.tile_px=[", "not valid YAML"),
    ],
)
def test_a_wrong_key_is_explained(assignment, part):
    with pytest.raises(ConfigError) as caught:
        load_settings("laminin_dapi", [assignment])
    assert "--set" in caught.value.sentence
    assert part in caught.value.sentence


@pytest.mark.parametrize(
    ("preset", "pattern"),
    [("laminin_dapi_lamin_ac", "ring"), ("laminin_dapi_hna", "filled"), ("laminin_dapi_yfish", "spots")],
)
def test_there_is_a_preset_for_every_pattern_of_a_donor_marker(preset, pattern):
    assert load_settings(preset).assign.marker.pattern == pattern
    assert preset in preset_names()


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'laminin_dapi'"):
        load_settings("laminin_dap")


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(str(tmp_path / "absent.yaml"))


def test_a_file_that_is_not_text_is_a_sentence(tmp_path):
    path = tmp_path / "image.yaml"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(str(path))


def test_the_schema_describes_every_knob():
    text = json.dumps(RunSettings.model_json_schema())
    assert "tile_px" in text
    assert '"unit": "px"' in text


def test_the_reference_page_is_true(repository):
    page = (repository / "configs" / "README.md").read_text(encoding="utf-8")
    assert page == reference_page(), "run `myograft config reference > configs/README.md`"


def test_the_reference_page_describes_every_knob():
    for line in reference_page().splitlines():
        if line.startswith("| `") and line.count("|") == 5:
            assert line.split("|")[4].strip(), f"no meaning: {line}"


def test_knobs_without_a_method_turn_the_default_method():
    assert load_settings(None, ["segment.fibers.halo_um=80"]).segment.fibers.method == "network"
    with pytest.raises(ConfigError, match=r"there is no setting 'segment\.fibers\.wall_level'"):
        load_settings(None, ["segment.fibers.wall_level=0.5"])
    assert load_settings(None, ["segment.fibers.method=watershed", "segment.fibers.wall_level=0.5"])


def test_a_training_begins_with_the_recipe_of_what_ships():
    assert load_training("nuclei") == recipe("nuclei")
    assert load_training("fibers", ["scenes.scenes_n=5"]).scenes.scenes_n == 5
    assert load_training("fibers", is_fine_tuning=True).learning_rate < recipe("fibers").learning_rate
    with pytest.raises(ConfigError, match=r"did you mean 'scenes\.scenes_n'"):
        load_training("fibers", ["scenes.scene_n=5"])
