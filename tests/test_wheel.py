"""The wheel, installed in an empty environment elsewhere, runs the demo: nothing is left behind in the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(out),
        str(repository),
    ]
    subprocess.run(command, check=True)
    [path] = out.glob("myograft-*.whl")
    return path


def test_it_holds_what_travels_with_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "myograft/presets/laminin_dapi_lamin_ac.yaml",
        "myograft/sample_data/engrafted.ome.tif",
        "myograft/report/page.html.j2",
        "myograft/py.typed",
        "napari_myograft/napari.yaml",
        "napari_myograft/py.typed",
    } <= names


def test_it_runs_the_demo_elsewhere(wheel, repository, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = repository / "constraints.txt"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "-c", str(constraints), str(wheel)], check=True
    )
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "myograft", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo_results" / "engrafted" / "run.json").is_file()
    listed = subprocess.run(
        [tmp_path / "venv" / "bin" / "myograft", "config", "list"], capture_output=True, text=True, check=True
    )
    assert "laminin_dapi_lamin_ac" in listed.stdout
