"""The house stands as drawn: top level, import contracts, small files, no junk drawers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {
    ".ci", ".editorconfig", ".gitattributes", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "configs", "constraints.txt",
    "napari_plugin", "pipeline", "pyproject.toml", "sample_data", "tests",
}  # fmt: skip
JUNK_DRAWERS = re.compile(r"(utils?|helpers?|common|misc|managers?)(\.py)?$")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.fail("the house test needs a git checkout: run it in a clone of the repository")
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_top_level_is_the_floor_plan():
    assert {path.parts[0] for path in tracked_files()} == TOP_LEVEL


def test_no_junk_drawers():
    assert [
        path for path in tracked_files() if any(JUNK_DRAWERS.fullmatch(part) for part in path.parts)
    ] == []


def test_source_files_are_small():
    too_long = {
        str(path): count
        for path in tracked_files()
        if path.suffix == ".py"
        and (count := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 330
    }
    assert too_long == {}


def test_every_module_says_what_it_knows():
    silent = [
        str(path)
        for path in tracked_files()
        if path.suffix == ".py" and not (ROOT / path).read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=lambda command: command[0] + ("-format" if "format" in command else ""),
)
def test_static_checks(command):
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
