"""Writers that are killed in the middle lose nothing they acknowledged, and the next one needs no repair."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from myograft.write import JournalFile, read_journal

IDENTITY = "a" * 64

#: Starts a writer for every line it reads; forks, since loading the package takes longer than a hundred kills.
#: Every fifth comment is long, so that kills also fall into the middle of a line.
NURSERY = """
import os, sys
from pathlib import Path
from myograft.model.biology import Origin
from myograft.model.correction import SetOrigin
from myograft.write import JournalFile
def write(path):
    with JournalFile.open(Path(path), "a" * 64, "anna") as journal:
        while True:
            number = len(journal.entries) + 1
            edit = SetOrigin(nucleus_id=number, before=None, after=Origin.HOST)
            entry = journal.append(edit, why="x" * (400_000 if number % 5 == 0 else 0))
            os.write(1, f"{entry.number} {entry.hash}\\n".encode())
os.write(1, b"ready\\n")
while path := sys.stdin.readline().strip():
    child = os.fork()
    if child == 0:
        try:
            write(path)
        finally:
            os._exit(1)
    os.write(1, f"begun {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead 0\\n")
"""


def killed_once(nursery, path, wait_s):
    """Let a writer begin, kill it, and return what it acknowledged: hash by number."""
    nursery.stdin.write(f"{path}\n".encode())
    acknowledged = {}
    while True:
        word, value = nursery.stdout.readline().decode().split()
        if word == "begun":
            time.sleep(wait_s)
            os.kill(int(value), signal.SIGKILL)
        elif word == "dead":
            return acknowledged
        else:
            acknowledged[int(word)] = value


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no fork; below, writers are killed there too"
)
def test_a_writer_killed_at_100_moments_loses_nothing_that_it_acknowledged(tmp_path):
    random = np.random.default_rng(7)
    acknowledged_n = 0
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as nursery:
        assert nursery.stdout.readline() == b"ready\n"
        # ten journals, so that none grows so long that every kill falls into its opening
        for path in [tmp_path / f"{number}.jsonl" for number in range(10)] * 10:
            before = read_journal(path, IDENTITY)
            acknowledged = killed_once(nursery, path, random.uniform(0.0, 0.06))
            acknowledged_n += len(acknowledged)
            with JournalFile.open(path, IDENTITY, "ben") as journal:
                found = {entry.number: entry.hash for entry in journal.entries}
                assert journal.entries[: len(before)] == before
            assert acknowledged.items() <= found.items()
            # at most the one that was on its way is there without an acknowledgment
            assert len(found) - len(before) - len(acknowledged) in (0, 1)
        nursery.stdin.close()
    assert acknowledged_n > 20  # some were killed at work, also on a slow disk


WRITER = """
import sys
from pathlib import Path
from myograft.model.biology import Origin
from myograft.model.correction import SetOrigin
from myograft.write import JournalFile
with JournalFile.open(Path(sys.argv[1]), "a" * 64, "anna") as journal:
    while True:
        entry = journal.append(SetOrigin(nucleus_id=1, before=None, after=Origin.HOST))
        print(entry.number, flush=True)
"""


def test_a_program_killed_on_any_system_loses_nothing_that_it_acknowledged(tmp_path):
    path = tmp_path / "journal.jsonl"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as child:
        first = child.stdout.readline()
        time.sleep(0.02)
        child.kill()
        rest = child.stdout.read()
    acknowledged = (first + rest).split(b"\n")[:-1]  # what follows the last line feed was not said to its end
    assert len(acknowledged) >= 1
    with JournalFile.open(path, IDENTITY, "ben") as journal:
        assert len(journal.entries) >= int(acknowledged[-1])
