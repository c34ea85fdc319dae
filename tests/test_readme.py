"""What the README tells a newcomer to type works, word by word."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from myograft.api import BatchRequest, load_settings, run_batch, sample_paths

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def lines_of(page):
    text = "\n".join(BLOCK.findall(page))
    return [line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()]


def test_the_first_slide(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sample = {path.name.split(".")[0]: path for path in sample_paths()}
    shutil.copy(sample["engrafted"], "slide.ome.tif")
    control = BatchRequest(
        (sample["negative_control"],), tmp_path / "results", load_settings("laminin_dapi_lamin_ac")
    )
    assert run_batch(control).failed_n == 0
    design = "slide_id,subject,time_point\nslide,A,post\nnegative_control,A,pre\n"
    Path("samples.csv").write_text(design, encoding="utf-8")
    commands = [
        line
        for line in lines_of((repository / "README.md").read_text(encoding="utf-8"))
        if line.startswith("myograft")
    ]
    assert len(commands) >= 2
    for command in commands:
        program = Path(sys.executable).with_name("myograft")
        subprocess.run([program, *shlex.split(command)[1:]], check=True)
    assert (tmp_path / "results" / "index.html").is_file()
    assert (tmp_path / "results" / "slide" / "report.html").is_file()
    assert "post (1) against pre (1), paired" in (tmp_path / "study" / "study.html").read_text(
        encoding="utf-8"
    )
    assert "Currie" in (tmp_path / "calibrated" / "slide" / "report.html").read_text(encoding="utf-8")


def test_every_make_target_is_there(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    pages = [
        repository / name
        for name in ("README.md", "CONTRIBUTING.md", "pipeline/README.md", "sample_data/README.md")
    ]
    named = {
        target
        for page in pages
        for target in re.findall(r"make ([a-z][a-z-]+)", page.read_text(encoding="utf-8"))
    }
    assert {"demo", "test"} <= named
    for target in named - {"themselves"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "pipeline/README.md", "napari_plugin/README.md"]
)
def test_links_lead_somewhere(repository, page):
    folder = (repository / page).parent
    for target in re.findall(r"\]\((?!http)([^)#]+)", (repository / page).read_text(encoding="utf-8")):
        assert (folder / target).exists(), target
