"""The engine answers in order for any number of workers, tells progress, and passes errors on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from myograft.errors import ClusterError, IncompleteError, InputError
from myograft.execute import Engine, Shard, Workers
from myograft.model.geometry import Region


def multiply(shared: int, item: int) -> int:
    return shared * item


def process_id(shared: None, item: int) -> int:
    return os.getpid()


def environment(shared: None, item: int) -> dict[str, str]:
    return dict(os.environ)


def slow_process_id(shared: None, item: int) -> int:
    time.sleep(0.1)
    return os.getpid()


def is_locked(shared: Any, item: int) -> bool:
    return shared.locked()


def fail_on_seven(shared: None, item: int) -> int:
    if item == 7:
        raise InputError("tile 7 is broken", where="slide.tif", remedy="Scan it again")
    return item


def note_and_multiply(folder: Path, item: int) -> int:
    """Leave a trace of every time that it is run."""
    with (folder / f"{item}.runs").open("a") as file:
        file.write("x")
    return 10 * item


def fail_once(folder: Path, item: int) -> int:
    if item == 3 and not (folder / "failed").exists():
        (folder / "failed").touch()
        raise OSError("the network disk hiccuped")
    return item


def kill_once(folder: Path, item: int) -> int:
    if item == 3 and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def kill_always(folder: Path, item: int) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def fail_at(bad: int, region: Region) -> int:
    if region.y0 == bad:
        raise InputError("a tile is broken", where="slide.tif")
    return region.y0


@pytest.mark.parametrize("workers_n", [1, 2])
def test_answers_come_in_the_order_of_the_items(workers_n):
    with Engine(workers_n) as engine:
        assert engine.over("multiply", multiply, shared=3, items=range(100)) == [3 * i for i in range(100)]


def test_two_workers_are_processes_of_their_own():
    with Engine(2) as engine:
        ids = set(engine.over("ids", process_id, shared=None, items=range(32)))
    assert os.getpid() not in ids
    assert len(ids) == 2


def test_workers_keep_memory_for_the_next_array(monkeypatch):
    """Dask's own setting of glibc, and whatever sets it by hand, ends what glibc learns of a program's arrays."""
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with Engine(2) as engine:
        assert all(
            "MALLOC_TRIM_THRESHOLD_" not in found
            for found in engine.over("look", environment, shared=None, items=[0, 1])
        )


def test_progress_is_told_after_every_item():
    told = []
    with Engine(1, lambda *progress: told.append(progress)) as engine:
        engine.over("count", multiply, shared=1, items=[5, 6])
    assert told == [("count", 0, 2), ("count", 1, 2), ("count", 2, 2)]


@pytest.mark.parametrize("workers_n", [1, 2])
def test_an_error_keeps_its_sentence_and_the_engine_lives_on(workers_n):
    with Engine(workers_n) as engine:
        with pytest.raises(InputError, match=r"slide\.tif: tile 7 is broken\. Scan it again\."):
            engine.over("fail", fail_on_seven, shared=None, items=range(200))
        assert engine.over("multiply", multiply, shared=2, items=[1]) == [2]


def test_no_items_is_no_work():
    with Engine(1) as engine:
        assert engine.over("nothing", multiply, shared=1, items=[]) == []


def test_an_engine_needs_a_worker():
    with pytest.raises(ValueError, match="at least one worker"):
        Engine(0)


def runs(folder: Path) -> dict[int, int]:
    return {int(path.stem): len(path.read_text()) for path in folder.glob("*.runs")}


def test_what_is_done_is_not_done_again(tmp_path):
    with Engine(1) as engine, engine.remembering(tmp_path / "done"):
        engine.over("a", note_and_multiply, shared=tmp_path, items=range(5))
    with Engine(2) as engine, engine.remembering(tmp_path / "done"):
        answers = engine.over("a", note_and_multiply, shared=tmp_path, items=range(5))
        engine.over("b", note_and_multiply, shared=tmp_path, items=[7])
    assert answers == [0, 10, 20, 30, 40]
    assert runs(tmp_path) == {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 7: 1}


def test_what_only_one_may_do_is_done_once(tmp_path):
    done = []
    for _ in range(2):
        with Engine(1) as engine, engine.remembering(tmp_path):
            engine.once("create", lambda: done.append(1))
    assert done == [1]
    with Engine(1) as engine:
        engine.once("create", lambda: done.append(1))
    assert done == [1, 1]


@pytest.mark.parametrize(("task", "workers_n"), [(fail_once, 1), (fail_once, 2), (kill_once, 2)])
def test_what_fails_by_chance_is_tried_again(tmp_path, task, workers_n):
    with Engine(workers_n) as engine, engine.remembering(tmp_path / "done"):
        assert engine.over("try", task, shared=tmp_path, items=range(40)) == list(range(40))


def test_what_kills_every_worker_fails_alone(tmp_path):
    with Engine(2) as engine, engine.remembering(tmp_path):
        with pytest.raises(
            IncompleteError, match=r"1 of 8 pieces of 'kill' failed: 3: its worker was killed"
        ):
            engine.over("kill", kill_always, shared=tmp_path, items=range(8))
        assert engine.over("multiply", multiply, shared=2, items=[1]) == [2]


def test_a_broken_tile_is_named_and_the_others_are_kept(tmp_path):
    tiles = [Region(y, 0, y + 10, 10) for y in range(0, 100, 10)]
    with (
        Engine(1) as engine,
        engine.remembering(tmp_path),
        pytest.raises(IncompleteError, match=r"y 30-40, x 0-10 px: slide\.tif: a tile is broken") as told,
    ):
        engine.over("read", fail_at, shared=30, items=tiles)
    assert "1 of 10" in str(told.value)
    with Engine(1) as engine, engine.remembering(tmp_path):
        assert engine.over("read", fail_at, shared=-1, items=tiles) == list(range(0, 100, 10))


def test_where_everything_fails_the_reason_is_the_error(tmp_path):
    with (
        Engine(1) as engine,
        engine.remembering(tmp_path),
        pytest.raises(InputError, match="a tile is broken"),
    ):
        engine.over("read", fail_at, shared=0, items=[Region(0, 0, 10, 10)])


def test_shards_do_everything_once_and_all_have_all_answers(tmp_path):
    answers = {}

    engines = [Engine(1, shard=Shard(number, 3), patience_s=20.0) for number in (1, 2, 3)]

    def work(engine):
        number = engine.shard.number
        with engine.remembering(tmp_path / "done"):
            engine.once("create", (tmp_path / f"created by {number}").touch)
            answers[number] = engine.over("a", note_and_multiply, shared=tmp_path, items=range(10))
            engine.meet("end")

    with engines[0], engines[1], engines[2]:
        threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert answers == {number: [10 * item for item in range(10)] for number in (1, 2, 3)}
    assert runs(tmp_path) == dict.fromkeys(range(10), 1)
    assert [path.name for path in tmp_path.glob("created*")] == ["created by 1"]


def test_a_shard_that_does_not_come_is_named(tmp_path):
    reason = r"shard 2 of 2 has been silent .* missing piece is 1\. Start"
    with (
        Engine(1, shard=Shard(1, 2), patience_s=1.0) as engine,
        engine.remembering(tmp_path),
        pytest.raises(ClusterError, match=reason),
    ):
        engine.over("a", multiply, shared=1, items=range(4))


def test_workers_of_a_scheduler_elsewhere(tmp_path):
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        with Engine(Workers(scheduler=cluster.scheduler_address)) as engine:
            [other] = set(engine.over("ids", process_id, shared=None, items=range(3)))
        assert other != os.getpid()
        file = tmp_path / "scheduler.json"
        file.write_text(f'{{"address": "{cluster.scheduler_address}"}}')
        with Engine(Workers(scheduler_file=file)) as engine:
            assert engine.over("multiply", multiply, shared=3, items=[5]) == [15]


def test_workers_that_are_killed_while_they_start_are_started_again(monkeypatch):
    began_n = 0

    def falls_twice(**options: Any) -> LocalCluster:
        nonlocal began_n
        began_n += 1
        if began_n < 3:
            raise RuntimeError("Nanny failed to start.")
        return LocalCluster(**options)

    monkeypatch.setattr("myograft.execute.cluster.LocalCluster", falls_twice)
    with Engine(1) as engine:
        assert engine.over("multiply", multiply, shared=3, items=[5]) == [15]
    assert began_n == 3


def test_a_scheduler_that_is_killed_is_a_sentence_at_once_and_after(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("myograft.execute.cluster._ANSWER_S", 10)
    file, dask = tmp_path / "scheduler.json", Path(sys.executable).with_name("dask")
    at_file = ["--scheduler-file", file, "--no-dashboard"]
    how: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": tmp_path,
        "env": os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},  # workers import this module
    }
    with ExitStack() as ends:
        scheduler = subprocess.Popen([dask, "scheduler", "--port", "0", *at_file], **how)
        ends.callback(scheduler.kill)
        while not file.exists():
            time.sleep(0.05)
        worker = subprocess.Popen([dask, "worker", *at_file, "--no-nanny"], **how)
        ends.callback(worker.kill)

        def kill_at_two(stage: str, done_n: int, total_n: int) -> None:
            if done_n == 2:
                scheduler.kill()

        engine = ends.enter_context(Engine(Workers(scheduler_file=file), kill_at_two))
        for _ in range(2):  # a batch asks again, for its next slide
            with pytest.raises(ClusterError, match=r"to the scheduler was lost\. Run the same command again"):
                engine.over("ids", slow_process_id, shared=None, items=range(400))
    assert "distributed" not in "".join(capfd.readouterr())


def test_clusters_that_are_not_there_are_sentences(tmp_path, monkeypatch):
    monkeypatch.setattr("myograft.execute.cluster._ANSWER_S", 1)
    with pytest.raises(ClusterError, match=r"127\.0\.0\.1:1: no Dask scheduler answers"):
        Engine(Workers(scheduler="tcp://127.0.0.1:1")).__enter__()
    with pytest.raises(ClusterError, match="there is no such file"):
        Engine(Workers(scheduler_file=tmp_path / "nowhere.json")).__enter__()
    with pytest.raises(ClusterError, match="more than one kind"):
        Workers(scheduler="tcp://127.0.0.1:1", slurm=True)


def test_the_only_worker_gets_what_is_shared_unpacked():
    # Packed for every item, the overview of a slide would be megabytes each time; and a lock cannot be packed.
    with Engine(1) as engine:
        assert engine.over("look", is_locked, shared=threading.Lock(), items=[1, 2]) == [False, False]


def test_a_script_that_its_workers_would_run_again_is_told_how(tmp_path):
    """Workers import the script that started them: without the usual guard each would start workers, too."""
    script = tmp_path / "script.py"
    script.write_text("from myograft.execute import Engine\nwith Engine(2):\n    pass\n", encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    last = done.stderr.rstrip().splitlines()[-1]
    assert done.returncode == 1
    assert "ClusterError: the 2 workers could not be started" in last
    assert "if __name__ == '__main__':" in last
