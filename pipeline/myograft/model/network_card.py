"""What is known of a network's weights: the card that lies beside them, and what a run records of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from myograft.model.arrays import Array
from myograft.model.provenance import Sha256


class OutlineCalibration(BaseModel):
    """How likely an outline is right, given what the network said of it: a logistic regression.

    Parameters
    ----------
    features
        Names of what is known of each object, in order.
    center, scale
        Mean and spread of each feature where the calibration was fitted.
    weight
        Change of the logit per standardized feature; squares of the features follow the features.
    intercept
        Logit at the center.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    intercept: float

    def probability(self, evidence: Array) -> Array:
        """Return the probability that outlines are right.

        Parameters
        ----------
        evidence
            Features of each object, shape (n, number of features).

        Returns
        -------
        Array
            Shape (n,), rounded to what such a probability can mean.
        """
        logit = np.full(len(evidence), self.intercept)
        # Term by term: a matrix product adds up in an order that depends on how many objects are asked at once.
        for term, weight in zip(self.terms(evidence).T, self.weight, strict=True):
            logit += term * weight
        return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))), _DIGITS))

    def terms(self, evidence: Array) -> Array:
        """Return standardized features and their squares, shape (n, twice the number of features)."""
        # Far beyond what was seen when fitting, a straight line or a parabola says nothing.
        standard = np.clip((evidence - np.array(self.center)) / np.array(self.scale), -_FAR, _FAR)
        return np.concatenate([standard, np.square(standard)], axis=1)


#: Spreads from the mean beyond which a feature counts no more.
_FAR = 4.0

#: Decimals of a probability: finer differences mean nothing, and the last bits may differ between machines.
_DIGITS = 6


class NetworkCard(BaseModel):
    """The model card, for people and for programs.

    Parameters
    ----------
    name
        Short name.
    kind
        What the network outlines.
    sha256
        Digest of the weights; a file with another digest is not the one described.
    license
        SPDX identifier.
    data
        What it was trained on, one sentence per source.
    command
        Command that trains it again.
    settings
        All settings of the training.
    seconds
        Time the training took.
    versions
        Versions of what it was trained with.
    parameters_n
        Numbers that were learned.
    metrics
        Figures by name.
    limits
        What it cannot do, in sentences.
    calibration
        How likely its outlines are right; None where that was not fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1)
    kind: Literal["fibers", "nuclei"]
    sha256: Sha256
    license: str
    data: tuple[str, ...]
    command: str
    settings: dict[str, JsonValue]
    seconds: float = Field(ge=0)
    versions: dict[str, str]
    parameters_n: int = Field(ge=1)
    metrics: dict[str, float] = Field(default_factory=dict)
    limits: tuple[str, ...] = ()
    calibration: OutlineCalibration | None = None
