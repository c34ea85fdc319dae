"""Knobs of training; `recipe` gives those of the networks that ship."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from myograft.model.settings import Settings, knob

Kind: TypeAlias = Literal["fibers", "nuclei"]


class SceneSettings(Settings):
    """Simulated scenes a network learns from."""

    scenes_n: int = knob(1600, "Number of simulated scenes.", ge=0)
    held_out_n: int = knob(24, "Scenes that are never learned from, to watch the loss on.", ge=1)
    calibration_n: int = knob(
        80, "Scenes on which it is learned how likely an outline is right; phantoms are added.", ge=0
    )
    mirrored_fraction: float = knob(
        0.25,
        "Part of the scenes that are mirrored at a line, as a plane is at its border when the network is asked; "
        "without effect where scenes end.",
        unit="1",
        ge=0.0,
        le=1.0,
    )
    ended_fraction: float = knob(
        0.0,
        "Part of the scenes that end within the image, 0.4 for example. From them a network learns to know the border "
        "of a plane; where it is 0, the network is shown the plane's mirror image beyond it.",
        unit="1",
        ge=0.0,
        le=1.0,
    )
    paintings_n: int = knob(4, "Stainings that each scene is shown in.", ge=1, le=64)
    edge_px: int = knob(512, "Edge of a scene.", unit="px", ge=64, le=4096)
    least_size_px: float = knob(
        14.0, "Least mean size of objects: distance of fiber centers, diameter of nuclei.", unit="px", gt=4.0
    )
    most_size_px: float = knob(
        150.0, "Largest mean size of objects.", unit="px", gt=4.0, validate_default=True
    )

    @field_validator("most_size_px")
    @classmethod
    def _not_below_the_least(cls, value: float, known: ValidationInfo) -> float:
        least = known.data.get("least_size_px", value)
        if value < least:
            raise ValueError(f"it is smaller than scenes.least_size_px = {least:g}")
        return value


class NetworkShape(Settings):
    """Shape of a network."""

    widths: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        default=(16, 32, 64, 96, 128),
        min_length=2,
        max_length=7,
        description="Channels per level; each level halves the resolution.",
        json_schema_extra={"unit": ""},
    )
    units_n: int = knob(2, "Convolutions per block.", ge=1, le=4)


class TrainSettings(Settings):
    """Settings of ``myograft train``."""

    kind: Kind = knob("fibers", "What is outlined.")
    seed: int = knob(1, "Equal seeds, equal scenes, crops and starting weights.", ge=0)
    scenes: SceneSettings = Field(default_factory=SceneSettings, description="Simulated scenes.")
    real_n: int = knob(
        0,
        "Examples made from real images with outlines, each at a size of its own.",
        ge=0,
        validate_default=True,
    )
    network: NetworkShape = Field(default_factory=NetworkShape, description="Shape of the network.")
    steps_n: int = knob(10_000, "Updates of the weights.", ge=1)
    batch_n: int = knob(8, "Crops per update.", ge=1, le=512)
    crop_px: int = knob(
        224,
        "Edge of a crop: not above that of a scene, half of it where there are real examples, and a whole number of "
        "the coarsest level's pixels.",
        unit="px",
        ge=64,
        multiple_of=32,
        validate_default=True,
    )
    learning_rate: float = knob(
        3e-3, "Largest step of the optimizer (AdamW); rises, then falls to 0.", gt=0.0, le=1.0
    )
    weight_decay: float = knob(1e-3, "Pull of the weights towards 0.", ge=0.0, le=1.0)
    average: float = knob(
        0.999, "Memory of the running mean of the weights, which is what is kept.", ge=0.0, lt=1.0
    )
    report_every_n: int = knob(200, "Updates between two checkpoints and lines of the learning curve.", ge=1)
    threads_n: int = knob(1, "CPU threads of the optimizer.", ge=1, le=256)
    is_half: bool = knob(
        default=True, description="Whether training rounds sums to bfloat16, which is faster."
    )
    device: Literal["cpu", "cuda"] = knob("cpu", "Where to train.")

    @field_validator("real_n")
    @classmethod
    def _at_least_one_example(cls, value: int, known: ValidationInfo) -> int:
        scenes = known.data.get("scenes")
        if isinstance(scenes, SceneSettings) and not value + scenes.scenes_n:
            raise ValueError("scenes.scenes_n is 0 too, there would be nothing to learn from")
        return value

    @field_validator("crop_px")
    @classmethod
    def _fits_examples_and_levels(cls, value: int, known: ValidationInfo) -> int:
        scenes, shape = known.data.get("scenes"), known.data.get("network")
        if isinstance(scenes, SceneSettings):
            # What is smaller in a real image is mirrored until it is half as large as a scene.
            is_halved = known.data.get("real_n", 0) > 0
            most = scenes.edge_px // 2 if is_halved else scenes.edge_px
            if value > most:
                half = "half of " if is_halved else ""
                raise ValueError(f"a crop is at most {half}scenes.edge_px = {scenes.edge_px}, that is {most}")
        if isinstance(shape, NetworkShape):
            coarsest = 2 ** (len(shape.widths) - 1)
            if value % coarsest:
                raise ValueError(
                    f"the {len(shape.widths)} levels of network.widths ask for a multiple of {coarsest}"
                )
        return value


def recipe(kind: Kind) -> TrainSettings:
    """Return the settings that the shipped network of a kind was trained with."""
    if kind == "fibers":
        return TrainSettings(kind="fibers")
    # Nuclei are small beside the margin of a patch: few see the mirror.
    scenes = SceneSettings(
        scenes_n=1200, mirrored_fraction=0.0, paintings_n=3, least_size_px=8.0, most_size_px=50.0
    )
    return TrainSettings(kind="nuclei", scenes=scenes, real_n=1600)


def fine_tuning(kind: Kind) -> TrainSettings:
    """Return the settings for going on from a trained network with a few real fields."""
    plain = recipe(kind)
    return plain.model_copy(
        update={
            "scenes": plain.scenes.model_copy(update={"scenes_n": 60, "held_out_n": 4, "calibration_n": 40}),
            "real_n": 120,
            "steps_n": 600,
            "learning_rate": 5e-4,
            "average": 0.99,
        }
    )
