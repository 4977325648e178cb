"""A small job is cut at each call that writes, syncs, renames, removes or sends, and resumed.

Random kills seldom hit the narrow places: between a dead letter and its sync, between the answer
and the checkpoint, in the middle of creating the checkpoint. strace makes the places countable: the
run dies on entering the K-th call of a kind (counted for each thread), so "after a call" is "before
the next". The same tool lets calls fail as full and broken disks do.

HECATE_ALL_SYSCALLS=1   every point; otherwise a sample of 200, evenly spread
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest

import corpus as archives
import crash_oracle
import events as hec_events
import fake_hec as fakes
from harness import Hecate, assert_counts_add_up

ALL = os.environ.get("HECATE_ALL_SYSCALLS") == "1"
SAMPLES = {False: 150, True: 50}  # into a file: True
EVENTS_PER_REQUEST = 50
CALLS = (
    "write", "writev", "pwrite64", "pwritev", "fdatasync", "fsync", "ftruncate", "fallocate", "rename", "renameat",
    "renameat2", "unlink", "unlinkat", "mkdir", "link", "sendto", "sendmsg", "recvfrom", "connect",
)  # fmt: skip
CONFIG = f"""
hec:
  batch: {{bytes: 100000, events: {EVENTS_PER_REQUEST}, wait_ms: 50}}
  retry: {{attempts: 20, base_ms: 5, cap_ms: 50, budget_s: 20}}
{crash_oracle.POISON_RULE}"""


class Job:
    """Everything of one job in a folder of its own: checkpoint, dead letters, destination."""

    def __init__(self, binary: Path, folder: Path, corpus: archives.Corpus, to_file: bool):
        folder.mkdir(parents=True)
        self.hecate = Hecate(binary, folder)
        self.corpus = corpus
        self.checkpoint = folder / "job.checkpoint"
        self.out = folder / "out.ndjson"
        self.trace = folder / "trace"
        refuse_poison = fakes.refuse_events_with(f'"index":"{crash_oracle.POISON_INDEX}"')
        self.server = None if to_file else fakes.FakeHec(decide=refuse_poison).start()
        self.config = self.hecate.config(CONFIG)

    def run(self, *strace: str):
        destination = self.server.url if self.server else f"file:{self.out}"
        options = ["--config", self.config, "--checkpoint", self.checkpoint, "--workers", "1"]
        options += ["--connections", "1"] if self.server else []
        prefix = ("strace", "-f", "-qq", "-o", self.trace, *strace) if strace else ()
        return self.hecate.backfill(self.corpus.folder, destination, *options, prefix=prefix, timeout_s=60)

    def resume_and_judge(self, context: str) -> dict:
        run = self.run()
        # What died after noting its own end has no successor that could tell of its dead letters.
        nothing_to_do = run.summary.get("objects_skipped") == run.summary.get("objects_total") == self.corpus.objects
        expected = {1} if self.server else {0}
        assert run.exit_code in expected | ({0} if nothing_to_do else set()), f"{context}: {run.explain()}"
        assert_counts_add_up(run)
        arrived = self.server.events() if self.server else hec_events.read_events(self.out)
        dead = crash_oracle.dead_events(crash_oracle.dead_letters(self.hecate.dead_letters))
        return crash_oracle.judge(self.corpus.events, arrived, dead, EVENTS_PER_REQUEST, context)

    def stop(self) -> None:
        if self.server:
            self.server.stop()


@pytest.fixture(scope="module")
def jobs(hecate_binary, tmp_path_factory):
    """A factory: jobs(to_file) makes one job more. Without strace these tests prove nothing, so they fail."""
    tried = subprocess.run(["strace", "-f", "-qq", "-e", "inject=write:error=EIO:when=1", "true"],
                           capture_output=True, text=True, check=False)  # fmt: skip
    if tried.returncode != 0:
        pytest.fail(f"strace may not trace here: {tried.stderr.strip()}", pytrace=False)
    folder = tmp_path_factory.mktemp("syscalls")
    corpora = {
        False: crash_oracle.poisoned_corpus(folder / "in", 3, 200, 0.03, seed=5),
        True: archives.build_many_objects(folder / "in-plain", objects=3, events_each=400),
    }
    made: list[Job] = []

    def make(to_file: bool = False) -> Job:
        made.append(Job(hecate_binary, folder / f"job{len(made)}", corpora[to_file], to_file))
        return made[-1]

    yield make
    for job in made:
        job.stop()


@dataclasses.dataclass(frozen=True)
class Point:
    call: str
    number: int
    wal_only: bool = False

    def options(self, job: Job, effect: str, from_then_on: bool = False) -> list[str]:
        only = ["-P", f"{job.checkpoint}-wal"] if self.wal_only else []
        when = f"{self.number}{'+' if from_then_on else ''}"
        return [*only, "-e", f"trace={self.call}", "-e", f"inject={self.call}:{effect}:when={when}"]


def calls_of(job: Job) -> tuple[dict[str, collections.Counter], int]:
    """How often each thread of an undisturbed run makes each call, the main thread first; and its id."""
    run = job.run("-y", "-e", "trace=" + ",".join(CALLS))
    assert run.exit_code in (0, 1), run.explain()
    counts: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    main = 0
    for line in job.trace.read_text(errors="replace").splitlines():
        if found := re.match(r"(\d+) +(\w+)\((.*)", line):
            thread, call, arguments = int(found[1]), found[2], found[3]
            main = main or thread
            counts[call][thread] += 1
            if call == "pwrite64" and "-wal>" in arguments:
                counts["wal"][thread] += 1
    return counts, main


def points_of(counts: dict[str, collections.Counter]) -> list[Point]:
    points = []
    for call in sorted(counts):
        name, wal_only = ("pwrite64", True) if call == "wal" else (call, False)
        points += [Point(name, k, wal_only) for k in range(1, max(counts[call].values()) + 1)]
    return points


def evenly(points: list[Point], count: int) -> list[Point]:
    if ALL or len(points) <= count:
        return points
    return [points[number * len(points) // count] for number in range(count)]


@pytest.mark.parametrize("to_file", [False, True], ids=["over HEC", "into a file"])
def test_a_run_that_dies_at_any_call_is_resumed_without_loss(jobs, to_file):
    counts, _ = calls_of(jobs(to_file))
    points = points_of(counts)
    chosen = evenly(points, SAMPLES[to_file])
    made = [(point, jobs(to_file)) for point in chosen]

    def die_and_resume(pair: tuple[Point, Job]) -> tuple[Point, bool, dict]:
        point, job = pair
        run = job.run(*point.options(job, "signal=KILL"))
        killed = run.exit_code == -9
        try:
            return point, killed, job.resume_and_judge(f"killed at {point}") if killed else {}
        finally:
            job.stop()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(die_and_resume, made))
    hit = collections.Counter(point.call for point, killed, _ in outcomes if killed)
    doubled = sum(outcome.get("doubled", 0) for _, _, outcome in outcomes)
    print(f"{len(points)} points, {len(chosen)} tried, killed at {dict(hit)}, {doubled} copies altogether")
    assert set(hit) == {point.call for point in chosen}, "some call was never died at"
    # The last few calls of a kind may not come: how threads share the work differs from run to run.
    assert sum(hit.values()) >= 0.9 * len(chosen)


FAILURES = {
    "the checkpoint's disk is full": ("wal", "pwrite64", "ENOSPC", 6),
    "the checkpoint's disk is broken": ("wal", "pwrite64", "EIO", 9),
    "the checkpoint's first write fails": ("any", "pwrite64", "EIO", 1),
    "the checkpoint's first sync fails": ("any", "fdatasync", "EIO", 1),
    "the checkpoint's rename fails": ("any", "rename", "ENOSPC", 1),
    "a dead letter's disk is full": ("connection", "write", "ENOSPC", 3),
    "a dead letter's sync fails": ("connection", "fdatasync", "EIO", 2),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_disk_that_fails_stops_the_run_and_costs_nothing(jobs, what):
    where, call, error, number = FAILURES[what]
    if where == "connection":
        # Beyond what the main thread ever does, so that the thread with the dead letters is struck.
        counts, main = calls_of(jobs())
        number += counts[call][main]
        assert max(counts[call].values()) > number + 2, f"the job has too few dead letters: {counts[call]}"
    job = jobs()
    point = Point(call, number, where == "wal")
    # The checkpoint's disk stays bad: what is left undone while stopping is part of the test.
    run = job.run(*point.options(job, f"error={error}", from_then_on=point.wal_only))
    print(run.stderr)
    assert "(INJECTED)" in job.trace.read_text(errors="replace"), "the failure never struck"
    assert run.exit_code == 3, run.explain()
    path = job.hecate.dead_letters if where == "connection" else job.checkpoint
    assert str(path) in run.stderr, "the message names the file"
    why = {"ENOSPC": ("no space left", "is full"), "EIO": ("i/o error", "input/output error")}[error]
    assert any(text in run.stderr.lower() for text in why), "the message says why"
    counts = job.resume_and_judge(what)
    print(counts)


def test_a_send_that_fails_is_sent_again(jobs):
    """A connection that breaks while sending is trouble that passes, not the end."""
    job = jobs()
    run = job.run("-e", "trace=sendto", "-e", "inject=sendto:error=ECONNRESET:when=3+7")
    struck = job.trace.read_text(errors="replace").count("(INJECTED)")
    assert struck >= 2, "the failure never struck"
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    dead = crash_oracle.dead_events(crash_oracle.dead_letters(job.hecate.dead_letters))
    crash_oracle.judge(job.corpus.events, job.server.events(), dead, 0, f"{struck} sends failed")
