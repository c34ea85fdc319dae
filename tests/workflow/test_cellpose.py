"""Cellpose 4 models: real Cellpose code with small random weights, and files that are refused with a sentence."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.errors import InputError, UsageError
from myograft.phantom import PhantomSpec
from myograft.segment import FiberCellposeSettings, FlowNetwork, load_cellpose
from myograft.workflow.simulate import simulate

pytestmark = pytest.mark.filterwarnings("ignore")


def run(path, out, *assignments, **options):
    settings = load_settings("laminin_dapi_lamin_ac", ["segment.fibers.method=cellpose", *assignments])
    return run_batch(BatchRequest((path,), out, settings, **options))


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    return simulate(PhantomSpec(330, 340, 1.0, seed=12), tmp_path_factory.mktemp("slide") / "slide.ome.tif")


@pytest.fixture(scope="module")
def tiny_cellpose(tmp_path_factory):
    """A Cellpose 4 model of real Cellpose code, its transformer made small; weights random."""
    from myograft.segment.cellpose import complete_torchvision

    complete_torchvision(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cellpose import vit
        from segment_anything.modeling import ImageEncoderViT

    class Small:
        image_encoder = None

    def build(_):
        small = Small()
        small.image_encoder = ImageEncoderViT(
            depth=1, embed_dim=16, img_size=1024, num_heads=2, out_chans=8, patch_size=16, use_rel_pos=True,
            global_attn_indexes=(0,), window_size=14,
        )  # fmt: skip
        return small

    patch = pytest.MonkeyPatch()
    patch.setitem(vit.sam_model_registry, "vit_l", build)
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("cellpose") / "tiny"
    vit.CPSAM().save_model(str(path))
    yield path
    patch.undo()


def test_a_cellpose_model_outlines_with_its_own_code(slide, tiny_cellpose, tmp_path):
    outcome = run(
        slide.image,
        tmp_path,
        f"segment.fibers.weights={tiny_cellpose}",
        "segment.fibers.patch_px=256",
        "segment.fibers.margin_px=0",
        # Random weights: whatever they say is asked for and followed.
        "segment.fibers.least_probability=0.01",
    )
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    record = open_result(tmp_path / "slide").provenance.networks["fibers"]
    assert record.sha256 == hashlib.sha256(tiny_cellpose.read_bytes()).hexdigest()
    assert record.license == "unknown"


def test_its_fields_are_those_that_cellpose_gives(tiny_cellpose):
    """Channels, tiles, order and scale of flows: what our method follows is what Cellpose itself would."""
    from cellpose import models

    image = np.random.default_rng(0).random((300, 290)).astype(np.float32)
    ours = load_cellpose(tiny_cellpose, "cpu")(image[None, None])[0]
    model = models.CellposeModel(
        pretrained_model=str(tiny_cellpose), device=torch.device("cpu"), use_bfloat16=False
    )
    colors = np.stack([image, np.zeros_like(image), np.zeros_like(image)], axis=-1)
    _, (_, flows, logit), _ = model.eval(colors, normalize=False, channel_axis=-1, compute_masks=False)
    assert np.abs(flows).max() > 0
    np.testing.assert_allclose(ours[:2], np.squeeze(flows), atol=1e-5)
    np.testing.assert_allclose(ours[2], np.squeeze(logit), atol=1e-5)
    # As stored: whole numbers, flows in 1/4096 of their length, which is 5 in the answer.
    fields = FlowNetwork(FiberCellposeSettings()).fields(load_cellpose(tiny_cellpose, "cpu"), image)
    np.testing.assert_allclose(fields[:2] / (4096 / 5), np.clip(ours[:2], -40, 40), atol=2e-3)
    np.testing.assert_allclose(fields[2] / 1024, np.clip(ours[2], -30, 30), atol=1e-3)


def test_weights_of_an_older_cellpose_are_told(slide, tmp_path):
    torch.save({"downsample.down.res_down_0.conv.weight": torch.zeros(3)}, tmp_path / "cyto3")
    told = run(slide.image, tmp_path / "out", f"segment.fibers.weights={tmp_path / 'cyto3'}").slides_table
    reason = told.read_text(encoding="utf-8")
    assert "Cellpose cannot use these weights" in reason
    assert "Cellpose 3 and before" in reason


class Harmful:
    """Pickled code: whoever unpickles it makes a file."""

    def __init__(self, target):
        self.target = str(target)

    def __reduce__(self):
        return (open, (self.target, "w"))


def test_weights_that_hold_code_are_refused_and_nothing_is_run(slide, tmp_path):
    made = tmp_path / "made_by_code"
    path = tmp_path / "weights"
    torch.save({"W2": torch.zeros(2), "encoder": Harmful(made)}, path)
    assert zipfile.is_zipfile(path)
    reason = run(slide.image, tmp_path / "out", f"segment.fibers.weights={path}").slides_table.read_text(
        encoding="utf-8"
    )
    assert "holds more than tensors: it may run code when it is opened, and is not opened" in reason
    assert "weights_only" not in reason
    assert not made.exists()
    # The file would have done so.
    with zipfile.ZipFile(path) as archive:
        name = next(entry for entry in archive.namelist() if entry.endswith("data.pkl"))
        assert b"made_by_code" in archive.read(name)


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "weights"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no tensors")
    with pytest.raises(InputError, match="no file of tensors that PyTorch can read, or a damaged one"):
        load_cellpose(path, "cpu")


@pytest.mark.skipif(find_spec("dinov3") is not None, reason="the package that must be absent is there")
def test_a_model_that_needs_another_package_says_which(tmp_path):
    path = tmp_path / "cpdino"
    torch.save({"encoder.cls_token": torch.zeros(1), "W2": torch.zeros(2)}, path)
    with pytest.raises(
        UsageError, match=r"needs the package dinov3\. Install it with: pip install git\+https"
    ):
        load_cellpose(path, "cpu")
