"""How the tests call the command line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from myograft.cli import main


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@pytest.fixture
def myograft(capsys):
    """Run a command in this process and return its exit code and what it printed."""

    def call(*arguments: object) -> Finished:
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Finished(code, printed.out, printed.err)

    return call
