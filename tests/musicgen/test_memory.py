from __future__ import annotations

import resource
from dataclasses import replace

import pytest

from bot.errors import ResourceError
from bot.musicgen.checkpoint.memory import (
    check_memory,
    memory_available,
    memory_needed,
    sequence_slots,
)
from bot.musicgen.checkpoint.presets import preset

SMALL = preset("musicgen-small")


def test_the_small_model_stays_within_its_memory_limit():
    """At most 4.5 GB with one slot of 30 s and 9 GB with eight, as documented."""
    assert memory_needed(SMALL, slots=1, seconds=30) < 4.5e9
    assert memory_needed(SMALL, slots=8, seconds=30) < 9e9


def test_fewer_bits_need_less():
    """In int8 musicgen-small with one slot of 30 s needs less than 2.5 GB, with eight 4 GB."""
    one, eight = (
        memory_needed(SMALL, slots=slots, seconds=30, precision="int8") for slots in (1, 8)
    )
    assert one < memory_needed(SMALL, slots=1, seconds=30, precision="bf16") < 3.2e9
    assert one < 2.5e9
    assert eight < 4e9
    assert memory_needed(SMALL, slots=1, seconds=30, precision="int4") < one


def test_a_slot_costs_its_keys_and_values():
    """One row of musicgen-small takes 197 KB a step; a slot has two rows."""
    one, two = (memory_needed(SMALL, slots=1, seconds=s) for s in (10, 11))
    assert two - one == 50 * 2 * 196_608


def test_prompt_changes_and_melodies_need_slots():
    """Beside a clip's two rows, slots for changed prompts are reserved, and one for no melody."""

    def rows(model, slots, words):
        ten, eleven = (memory_needed(model, slots=slots, seconds=s, words=words) for s in (10, 11))
        return (eleven - ten) / (50 * 196_608)

    assert [rows(SMALL, slots, 3) for slots in (1, 2, 8)] == [4 + 3, 4 + 3, 16 + 3]
    melody = replace(SMALL, melody=preset("musicgen-melody").melody)
    assert rows(melody, 8, 0) == 16 + 1
    assert sequence_slots(8, 3, takes_melody=True) == 16 + 3 + 1


def test_too_little_memory_is_reported_with_both_numbers():
    """The sentence has the needed and the free memory, and what to do."""
    with pytest.raises(ResourceError, match=r"needs about 9000\.0 GB .* are free: choose"):
        check_memory(9000 * 10**9)


def test_enough_memory_passes():
    """Nothing is raised."""
    check_memory(1000)


def fake_system(root, membership, files):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_container_s_limit_applies(tmp_path):
    """A control group's limit minus what is used, not counting cached files."""
    files = {
        "memory.max": "500000000\n",
        "memory.current": "300000000\n",
        "memory.stat": "anon 5\ninactive_file 50000000\n",
    }
    fake_system(tmp_path, "0::/\n", files)
    assert memory_available(root=tmp_path) == 250_000_000


def test_the_lowest_limit_of_nested_cgroups_applies(tmp_path):
    """It may be on the group itself or on any parent."""
    files = {
        "a/b/memory.max": "max\n",
        "a/b/memory.current": "10\n",
        "a/memory.max": "1000\n",
        "a/memory.current": "400\n",
    }
    fake_system(tmp_path, "0::/a/b\n", files)
    assert memory_available(root=tmp_path) == 600


def test_cgroups_v1_limits_apply(tmp_path):
    """Version 1 has a separate memory hierarchy with other file names."""
    files = {
        "memory/docker/x/memory.limit_in_bytes": "1000\n",
        "memory/docker/x/memory.usage_in_bytes": "1500\n",
        "memory/docker/x/memory.stat": "total_inactive_file 600\ncache 5\n",
    }
    fake_system(tmp_path, "3:cpu:/docker/x\n2:hugetlb,memory:/docker/x\n", files)
    assert memory_available(root=tmp_path) == 100


def test_without_cgroups_the_machine_s_memory_applies(tmp_path):
    """The machine's free memory is the result."""
    assert memory_available(root=tmp_path) > 10**8


@pytest.mark.parametrize(
    ("name", "limit_bytes", "available_bytes"),
    [("RLIMIT_AS", 2_300_000_000, 1_000_000_000), ("RLIMIT_DATA", 7 * 10**7, 7 * 10**7)],
)
def test_process_limits_apply(tmp_path, monkeypatch, name, limit_bytes, available_bytes):
    """`ulimit -v` and `-d`; libraries map some memory that they never use."""

    def limits(asked):
        most = limit_bytes if asked == getattr(resource, name) else resource.RLIM_INFINITY
        return most, resource.RLIM_INFINITY

    monkeypatch.setattr(resource, "getrlimit", limits)
    assert memory_available(root=tmp_path) == available_bytes
    with pytest.raises(ResourceError, match=r"a limit of this process leaves .*`ulimit"):
        check_memory(available_bytes + 1, root=tmp_path)
