"""Where a result grows: begun, or gone on with where a run of the same question was killed."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myograft.errors import ClusterError
from myograft.execute import Shard
from myograft.model.result_layout import OutputLayout
from myograft.workflow.record import Question
from myograft.write import only_one, write_text

_LOOK_EVERY_S = 0.5


@contextmanager
def draft_of(
    output: OutputLayout,
    slide_id: str,
    question: Question,
    shard: Shard,
    *,
    basis: str | None,
    is_fresh: bool,
    patience_s: float,
) -> Iterator[bool]:
    """Hold the draft of a slide; yields whether work of an earlier run is in it.

    The first shard makes the folders, and the others wait for them.

    Parameters
    ----------
    output, slide_id
        Where the result is to be.
    question
        What is asked; a draft of another question is thrown away.
    shard
        Which part of the work this process does.
    basis
        What the run takes over from an earlier result; a draft that rests on something else is thrown away too.
    is_fresh
        Whether to begin anew in any case.
    patience_s
        How long the first shard is waited for.

    Raises
    ------
    LockedError
        Where another process works on the same slide, or on the same shard of it.
    ClusterError
        Where the first shard does not come.
    """
    digest = _digest(question, basis)
    asked = output.scratch(slide_id) / "question.json"
    name = slide_id if shard.count == 1 else f"{slide_id}.{shard.number}of{shard.count}"
    with only_one(output.root / f".{name}.lock"):
        if shard.is_first:
            is_resumed = not is_fresh and _stands(output, slide_id, asked, digest)
            if not is_resumed:
                clear_draft(output, slide_id)
                output.draft(slide_id).mkdir(parents=True)
                write_text(asked, json.dumps({"question": digest}) + "\n")
        else:
            _wait_for_first(output, slide_id, asked, digest, patience_s)
            is_resumed = True
        yield is_resumed


def clear_draft(output: OutputLayout, slide_id: str) -> None:
    """Remove what a run began and nobody will go on with."""
    shutil.rmtree(output.scratch(slide_id), ignore_errors=True)
    shutil.rmtree(output.draft(slide_id), ignore_errors=True)


def _wait_for_first(output: OutputLayout, slide_id: str, asked: Path, digest: str, patience_s: float) -> None:
    begun_at = time.monotonic()
    while not _stands(output, slide_id, asked, digest):
        if time.monotonic() - begun_at > patience_s:
            raise ClusterError(
                f"shard 1 has not begun this slide within {patience_s / 60:.0f} minutes",
                where=str(output.root),
                remedy="Start all shards with the same command, but for --shard, and the same version of myograft",
            )
        time.sleep(_LOOK_EVERY_S)


def _stands(output: OutputLayout, slide_id: str, asked: Path, digest: str) -> bool:
    try:
        return output.draft(slide_id).is_dir() and json.loads(asked.read_text("utf-8"))["question"] == digest
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _digest(question: Question, basis: str | None) -> str:
    return hashlib.sha256(json.dumps([question.to_json(), basis], sort_keys=True).encode()).hexdigest()
