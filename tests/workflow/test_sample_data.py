"""The shipped slides are what their page says, and anybody can make them again."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import tifffile

from myograft.api import sample_paths
from myograft.phantom import Phantom, PhantomSpec

SIMULATED = {
    "engrafted": PhantomSpec(640, 640, 0.65, seed=70, donor_fraction=0.25, planes_n=3, snr=30.0),
    "negative_control": PhantomSpec(512, 512, 0.65, seed=71, donor_fraction=0.0, planes_n=3, snr=30.0),
}


def test_checksums_stand_on_the_page(repository):
    page = (repository / "sample_data" / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"`(\S+\.ome\.tif)` \| `([0-9a-f]{64})`", page))
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sample_paths()}


def test_they_are_small():
    assert (
        sum(path.stat().st_size for path in sample_paths()[0].parent.iterdir() if path.suffix != ".png")
        < 6_000_000
    )


def test_the_recipe_makes_them_again():
    for path in sample_paths():
        phantom = Phantom(SIMULATED[path.name.removesuffix(".ome.tif")])
        part = phantom.region(phantom.whole)
        pixels = tifffile.imread(path).astype(int)
        # Another processor may round the last bit of a count the other way.
        assert np.abs(pixels - part.pixels).max() <= 1
        assert (pixels != part.pixels).mean() < 1e-3
        truth = tifffile.imread(path.with_name(path.name.replace(".ome.tif", "_fibers.tif")))
        assert (truth != part.fibers).mean() < 1e-4
