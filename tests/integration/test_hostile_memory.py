"""Hostile objects cost bounded memory, bounded time, and never a neighbour.

Each lies between two ordinary objects in one folder. Peak memory is the kernel's figure; processor
time is held against a line: so much for the start, so much for each MiB, compressed or not,
generous enough for a busy machine and for sanitizers to be unwelcome, yet nothing quadratic passes.
Some run once more under a limit that kills whoever oversteps it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import corpus as archives
import hostile
from harness import assert_counts_add_up, run_measured

GOOD_EVENTS = 500
CPU_START_S = 1.0
CPU_S_PER_MIB = 0.03
TIMEOUT_S = 120
CGROUP = Path("/sys/fs/cgroup/memory")


def allowed_mib(workers: int) -> int:
    return 64 + 48 * workers


def lay_out(folder: Path, what: str) -> tuple[hostile.Made, int]:
    """The object between two good ones, under names that sort that way; and its size on disk."""
    corpus = archives.Corpus(folder)
    for name in ("a-good.gz", "z-good.gz"):
        lines = [f"GOOD-{name[0]} {line}" for line in archives.many_lines(GOOD_EVENTS)]
        corpus.add(name, archives.cloudwatch(lines, stream=name), archives.gzip_member)
    path = folder / "m-hostile.gz"
    return hostile.OBJECTS[what](path), path.stat().st_size


def good_lines(out: Path) -> set[bytes]:
    """Found by a tool that is quick: the rest may be a gigabyte."""
    found = subprocess.run(
        ["grep", "-a", "-F", '"event":"GOOD-', str(out)], env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    return set(found.stdout.splitlines())


def check_run(run, made: hostile.Made, out: Path) -> None:
    assert run.exit_code in made.exit_codes, run.explain()
    assert_counts_add_up(run)
    if made.events is not None:
        assert run.summary["events_delivered"] + run.summary["events_dead_lettered"] == made.events + 2 * GOOD_EVENTS, (
            run.explain()
        )
    assert run.summary["events_delivered"] >= made.events_min + 2 * GOOD_EVENTS, run.explain()
    if run.exit_code == 1:
        assert run.summary["objects_failed"] + run.summary["events_dead_lettered"] > 0, run.explain()
        assert "m-hostile.gz" in run.stderr, "the message names the object"
    assert len(good_lines(out)) == 2 * GOOD_EVENTS, "the neighbours arrive whatever lies between them"


@pytest.mark.parametrize("what", hostile.OBJECTS)
def test_a_hostile_object_costs_bounded_memory_and_time_and_no_neighbour(hecate, tmp_path, what, request):
    made, size = lay_out(tmp_path / "in", what)
    out = hecate.folder / "out"
    arguments = hecate.backfill_arguments(tmp_path / "in", f"file:{out}", "--workers", "1")
    run, peak_mib = run_measured(hecate, *arguments, timeout_s=TIMEOUT_S)
    cpu_s = json.loads((hecate.folder / "peak_rss.json").read_text())["cpu_s"]
    written = out.stat().st_size
    cpu_max = CPU_START_S + CPU_S_PER_MIB * (made.uncompressed_bytes + size + written) / hostile.MIB
    print(f"{what}: {peak_mib:.1f} MiB, {cpu_s:.2f} of {cpu_max:.1f} s, exit {run.exit_code}, {run.summary}\n{run.stderr}")
    request.node.user_properties += [("peak_rss_mib", round(peak_mib, 1)), ("cpu_s", round(cpu_s, 2))]
    try:
        check_run(run, made, out)
    finally:
        out.unlink()
    assert peak_mib <= allowed_mib(1), f"{peak_mib:.0f} MiB"
    assert cpu_s <= cpu_max, f"{cpu_s:.1f} s of processor time, at most {cpu_max:.1f} for this size"


@contextlib.contextmanager
def memory_cgroup(limit_bytes: int):
    """A limit on resident memory that the kernel enforces; None where this system lets nobody set one."""
    group = CGROUP / f"hecate-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
    except OSError:
        yield None
        return
    try:
        yield group
    finally:
        group.rmdir()


@pytest.mark.parametrize(
    "what", ["line of a gigabyte", "document with a message of 50 mb", "nested bomb", "pretty printed document"]
)
def test_a_hostile_object_is_read_under_a_limit_that_kills(hecate, tmp_path, what):
    """The limit counts the page cache too, which the kernel gives back before it kills."""
    made, _ = lay_out(tmp_path / "in", what)
    out = hecate.folder / "out"
    arguments = hecate.backfill_arguments(tmp_path / "in", f"file:{out}", "--workers", "1")
    limit = allowed_mib(1) * hostile.MIB
    with memory_cgroup(limit) as group:
        if group:
            enter = f"echo $$ > {group}/cgroup.procs && exec \"$@\""
            run = hecate.run(*arguments, timeout_s=TIMEOUT_S, prefix=("sh", "-c", enter, "sh"))
            peak = int((group / "memory.max_usage_in_bytes").read_text())
            assert peak > 0, "the run never entered its group"
            print(f"{what}: at most {peak / hostile.MIB:.1f} MiB, page cache included")
        else:
            print("no memory cgroup to be had: RLIMIT_DATA instead")
            run = hecate.run(*arguments, timeout_s=TIMEOUT_S, prefix=("prlimit", f"--data={limit}"))
    try:
        check_run(run, made, out)
    finally:
        out.unlink(missing_ok=True)


def test_the_limit_that_kills_does_kill(tmp_path):
    """Otherwise the test above would prove nothing."""
    greedy = "x = bytearray(300 << 20); print('survived')"
    with memory_cgroup(allowed_mib(1) * hostile.MIB) as group:
        how = f"echo $$ > {group}/cgroup.procs && " if group else f"ulimit -d {allowed_mib(1) * 1024} && "
        code = os.waitstatus_to_exitcode(os.system(f"{how} exec '{sys.executable}' -c \"{greedy}\" > {tmp_path}/out 2>&1"))
    assert code != 0 and "survived" not in (tmp_path / "out").read_text()
