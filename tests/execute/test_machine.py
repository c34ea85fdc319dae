"""What there is to work with: memory within the limits of a container or a job, room on a disk."""

from __future__ import annotations

import shutil

import psutil
import pytest

from myograft.execute import free_disk_bytes, free_memory_bytes
from myograft.execute.machine import free_in_groups

GIB = 2**30


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


@pytest.fixture
def version_2(tmp_path):
    """A job of 4 GiB in a slice of 16 GiB, in a machine without limit."""
    put(tmp_path / "proc/self/cgroup", "0::/slice/job\n")
    groups = tmp_path / "sys/fs/cgroup"
    put(groups / "memory.stat", "anon 1\n")
    for name, limit, use in (("slice", 16 * GIB, 10 * GIB), ("slice/job", 4 * GIB, 3 * GIB)):
        put(groups / name / "memory.max", f"{limit}\n")
        put(groups / name / "memory.current", f"{use}\n")
        put(groups / name / "memory.stat", f"anon 12\ninactive_file {GIB}\n")
    return tmp_path


def test_every_group_above_counts_and_pages_of_files_do_not(version_2):
    assert free_in_groups(version_2) == [2 * GIB, 7 * GIB]
    put(version_2 / "sys/fs/cgroup/slice/job/memory.max", "max\n")
    assert free_in_groups(version_2) == [7 * GIB]


def test_a_group_that_is_full_leaves_nothing(version_2):
    put(version_2 / "sys/fs/cgroup/slice/job/memory.current", f"{9 * GIB}\n")
    assert free_in_groups(version_2)[0] == 0


def test_version_1_in_a_container_that_sees_the_top_only(tmp_path):
    put(tmp_path / "proc/self/cgroup", "9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n")
    top = tmp_path / "sys/fs/cgroup/memory"
    put(top / "memory.limit_in_bytes", f"{2 * GIB}\n")
    put(top / "memory.usage_in_bytes", f"{GIB}\n")
    put(top / "memory.stat", "total_inactive_file 0\n")
    assert free_in_groups(tmp_path) == [GIB]
    put(top / "memory.limit_in_bytes", "9223372036854771712\n")
    assert free_in_groups(tmp_path) == []


def test_a_system_without_groups_has_no_limit(tmp_path):
    assert free_in_groups(tmp_path) == []


def test_a_limit_is_what_there_is(monkeypatch):
    monkeypatch.setattr("myograft.execute.machine.free_in_groups", list)
    of_machine = free_memory_bytes()
    monkeypatch.setattr("myograft.execute.machine.free_in_groups", lambda: [1000])
    held = psutil.Process().memory_info().rss
    assert 0.5 * held < free_memory_bytes() < of_machine


def test_a_folder_that_is_not_there_yet_has_its_disk(tmp_path):
    free = free_disk_bytes(tmp_path / "not" / "yet")
    assert free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
