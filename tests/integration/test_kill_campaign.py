"""kill -9, again and again, of real runs: after the last resume nothing is lost, invented or altered.

HECATE_KILLS   how many kills altogether (default 30)
HECATE_SEED    repeats a campaign: it decides when each kill strikes and which faults the receivers meet

A round is one job: it is started, killed, started again, killed again, and at last left to finish. A
kill counts when it hit a living process. Copies are bound by what can be in flight: one request a
connection and kill (with acknowledgements: as many as may wait for one), and one for every fault
that leaves in doubt whether the events were kept.
"""

from __future__ import annotations

import dataclasses
import os
import random
import time
from pathlib import Path
from typing import Callable

import pytest

import corpus as archives
import crash_oracle
import events as hec_events
from harness import EVENTS_PER_REQUEST, Hecate, Receiver, assert_counts_add_up, kill_hard

KILLS = int(os.environ.get("HECATE_KILLS", "30"))
KILLS_A_ROUND = 6
ACKS_WAITING_MAX = 32
CONFIG = f"""
hec:
  batch: {{bytes: 100000, events: {EVENTS_PER_REQUEST}, wait_ms: 50}}
  retry: {{attempts: 50, base_ms: 5, cap_ms: 50, budget_s: 60}}
"""
# Rules strike in order; the last one only makes runs long enough to be killed in the middle.
SLOW = "  - {name: slow, delay_ms: 12}\n"
TROUBLE = """
  - {name: busy, every: 11, status: 503, code: 9}
  - {name: full, every: 17, status: 429, code: 26}
  - {name: proxy, every: 19, status: 502, body: html}
  - {name: lost, every: 13, reset: before_body}
  - {name: doubt, probability: 0.05, reset: after_body, keep: true}
  - {name: cut, probability: 0.05, cut_body: 7}
  - {name: silent, probability: 0.03, body: empty}
"""
LOST_ACKS = """
  - {name: forgotten, path: ack, every: 7, body: html, status: 502}
  - {name: late, probability: 0.2, ack_delay_ms: 300}
"""
# After these the client cannot know whether the events were kept, and they were.
IN_DOUBT = {"doubt", "cut", "silent"}


@dataclasses.dataclass(frozen=True)
class Job:
    options: tuple[str, ...]
    in_flight: int  # requests that one kill may double
    faults: str = ""
    poison: float = 0
    to_file: bool = False
    ack: bool = False
    corpus: Callable[[Path], archives.Corpus] | None = None


def job_options(workers: int, connections: int, gzip: str, *more: str) -> tuple[str, ...]:
    return ("--workers", str(workers), "--connections", str(connections), "--gzip", gzip, *more)


JOBS = {
    "one worker and compressed bodies": Job(job_options(1, 2, "on"), 2),
    "two workers and a troubled receiver": Job(job_options(2, 4, "off"), 4, TROUBLE),
    "poison among the events and a troubled receiver": Job(job_options(2, 2, "on"), 2, TROUBLE, poison=0.004),
    "every format": Job(job_options(2, 3, "auto"), 3, corpus=lambda folder: crash_oracle.mixed_corpus(folder, 1000)),
    "acknowledgements": Job(job_options(2, 2, "on", "--ack"), 2 * ACKS_WAITING_MAX, LOST_ACKS, ack=True),
    "into a file": Job(
        ("--workers", "2"), 2, to_file=True,
        corpus=lambda folder: archives.build_many_objects(folder, objects=12, events_each=8000),
    ),
}  # fmt: skip


class Round:
    """One job from its first start to its last."""

    def __init__(self, job: Job, binary: Path, folder: Path, seed: int):
        folder.mkdir(parents=True)
        self.job = job
        self.random = random.Random(seed)
        self.hecate = Hecate(binary, folder)
        self.out = folder / "out.ndjson"
        self.corpus = self._build_corpus(folder / "in", seed)
        self.receiver = None if job.to_file else self._start_receiver(folder, seed)
        self.config = self.hecate.config(CONFIG + (crash_oracle.POISON_RULE if job.poison else ""))

    def _build_corpus(self, folder: Path, seed: int) -> archives.Corpus:
        if self.job.corpus:
            return self.job.corpus(folder)
        return crash_oracle.poisoned_corpus(folder, 15, 1000, self.job.poison, seed)

    def _start_receiver(self, folder: Path, seed: int) -> Receiver:
        plan = folder / "faults.yaml"
        plan.write_text(f"seed: {seed}\nrules:\n{self.job.faults}{SLOW}")
        options = ["--faults", plan, *crash_oracle.RECEIVER_ALLOWS, *(["--ack"] if self.job.ack else [])]
        return Receiver(self.hecate, folder, options=tuple(options))

    def arguments(self) -> list:
        destination = self.receiver.url if self.receiver else f"file:{self.out}"
        return [self.corpus.folder, destination, "--config", self.config, *self.job.options]

    def progress(self) -> int:
        if self.receiver:
            return self.receiver.counts()["requests"]
        return self.out.stat().st_size // 20_000 if self.out.exists() else 0

    def kill_once(self) -> bool:
        """Whether the kill hit a run. A quarter of them strike while it starts or recovers."""
        early = self.random.random() < 0.25
        before, wanted = self.progress(), self.random.randrange(1, 25)
        process = self.hecate.start_backfill(*self.arguments())
        if early:
            time.sleep(self.random.random() * 0.06)
        else:
            deadline = time.monotonic() + 30
            while self.progress() - before < wanted and process.poll() is None:
                assert time.monotonic() < deadline, "the run makes no progress"
                time.sleep(0.0005)
            time.sleep(self.random.random() * (0.015 if self.receiver else 0.001))
        hit = process.poll() is None
        kill_hard(process)
        return hit and process.returncode == -9

    def finish(self) -> tuple[list[dict], dict[str, int]]:
        """Lets the job end; what arrived, and how often each fault struck."""
        run = self.hecate.backfill(*self.arguments())
        assert run.exit_code == (1 if self.job.poison else 0), run.explain()
        assert_counts_add_up(run)
        again = self.hecate.backfill(*self.arguments())
        assert again.exit_code == 0 and again.summary["events_read"] == 0, again.explain()
        if not self.receiver:
            return hec_events.read_events(self.out), {}
        struck = crash_oracle.fired(self.receiver.counts())
        return self.receiver.events(), struck

    def stop(self) -> None:
        self.hecate.stop_all()
        if self.receiver:
            self.receiver.stop()


@pytest.mark.parametrize("name", JOBS)
def test_runs_that_are_killed_lose_nothing_and_invent_nothing(hecate_binary, tmp_path, name):
    job = JOBS[name]
    seed = crash_oracle.new_seed()
    print(f"HECATE_SEED={seed}")
    kills_wanted = -(-KILLS // len(JOBS))
    kills = rounds = 0
    struck: dict[str, int] = {}
    while kills < kills_wanted:
        assert rounds < 3 + kills_wanted, f"seed {seed}: the runs are too quick to be killed"
        one = Round(job, hecate_binary, tmp_path / f"round{rounds}", seed + rounds)
        try:
            hits = sum(one.kill_once() for _ in range(min(KILLS_A_ROUND, kills_wanted - kills)))
            arrived, fired = one.finish()
        finally:
            one.stop()
        doubts = sum(count for fault, count in fired.items() if fault in IN_DOUBT)
        counts = crash_oracle.judge(
            one.corpus.events, arrived, crash_oracle.dead_events(crash_oracle.dead_letters(one.hecate.dead_letters)),
            (hits * job.in_flight + doubts) * EVENTS_PER_REQUEST, f"seed {seed}, round {rounds}, {hits} kills, {fired}",
        )  # fmt: skip
        print(f"round {rounds}: {hits} kills, faults {fired}, {counts}")
        for fault, count in fired.items():
            struck[fault] = struck.get(fault, 0) + count
        kills += hits
        rounds += 1
    assert kills >= kills_wanted
    never = [fault for fault, count in struck.items() if count == 0]
    assert not never, f"seed {seed}: these faults never struck: {never}"


@pytest.mark.parametrize("damage", ["lost", "invented", "altered", "another event_id", "too many copies", "lost poison"])
def test_the_oracle_sees_damage(tmp_path, damage):
    """A judge that never says no proves nothing."""
    sent = crash_oracle.poisoned_corpus(tmp_path / "in", 2, 50, 0.2, seed=1).events
    good, poison = crash_oracle.split_poison(sent)
    assert good and poison
    crash_oracle.judge(sent, good + good[:3], poison, 3, "undamaged")
    arrived, dead = list(good), list(poison)
    if damage == "lost":
        arrived.pop(7)
    elif damage == "invented":
        arrived.append({**good[0], "event": "nobody sent this"})
    elif damage == "altered":
        arrived[7] = {**good[7], "event": good[7]["event"] + " "}
    elif damage == "another event_id":
        arrived.append({**good[7], "fields": {**good[7]["fields"], "event_id": "AAAAAAAAAAA"}})
    elif damage == "too many copies":
        arrived += good[:4]
    else:
        dead.pop()
    with pytest.raises(AssertionError):
        crash_oracle.judge(sent, arrived, dead, 3, "damaged")


def test_the_oracle_sees_a_receiver_that_drops_what_it_accepted(hecate_binary, tmp_path):
    liar = dataclasses.replace(
        JOBS["one worker and compressed bodies"], faults="  - {name: liar, requests: 40, status: 200, code: 0, keep: false}\n"
    )
    one = Round(liar, hecate_binary, tmp_path / "round", seed=1)
    try:
        arrived, fired = one.finish()
    finally:
        one.stop()
    assert fired["liar"] == 1
    with pytest.raises(AssertionError, match="lost"):
        crash_oracle.judge(one.corpus.events, arrived, [], 0, "a receiver that lies")
