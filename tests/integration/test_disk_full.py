"""A disk without room stops a run with exit status 3 and costs nothing once there is room again.

The full disk is a small tmpfs where mounting is allowed; elsewhere a limit on the size of files
(RLIMIT_FSIZE) stands in for it, which fails with another errno in the same places.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import corpus as archives
import crash_oracle
import events as hec_events
import fake_hec as fakes
from harness import EVENTS_PER_REQUEST, SMALL_REQUESTS, assert_counts_add_up

MIB = 1 << 20
OPTIONS = ("--workers", "1", "--connections", "1")


class SmallDisk:
    """A folder with little room, and a way to make more."""

    def __init__(self, folder: Path, size: int):
        self.folder = folder
        self.size = size
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "hecate-test", str(folder)]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.prefix: tuple[str, ...] = () if self.mounted else ("prlimit", f"--fsize={size}")
        print("a tmpfs" if self.mounted else "no mount allowed: RLIMIT_FSIZE")

    def make_room(self) -> None:
        self.prefix = ()
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,size=256m", str(self.folder)], check=True)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path):
    disks: list[SmallDisk] = []

    def make(size: int) -> SmallDisk:
        disks.append(SmallDisk(tmp_path / f"disk{len(disks)}", size))
        return disks[-1]

    yield make
    for disk in disks:
        disk.close()


def assert_stopped(run, path: Path) -> None:
    assert run.exit_code == 3, run.explain()
    assert str(path) in run.stderr, f"the message names the place: {run.stderr}"
    why = ("no space left", "is full", "file too large", "disk i/o error")
    assert any(text in run.stderr.lower() for text in why), run.stderr
    assert len(run.stderr) < 5000
    print(run.stderr)


def test_a_full_disk_under_the_destination_file_costs_nothing(hecate, tmp_path, small_disk):
    corpus = archives.build_many_objects(tmp_path / "in", objects=10, events_each=2000)
    disk = small_disk(2 * MIB)
    out = disk.folder / "out.ndjson"
    arguments = (corpus.folder, f"file:{out}", "--config", hecate.config(SMALL_REQUESTS), "--workers", "2")
    full = hecate.backfill(*arguments, prefix=disk.prefix)
    assert_stopped(full, out)
    held = hec_events.read_events(out)
    assert 0 < len(held) < len(corpus.events), "the disk was not filled"
    assert out.read_bytes().endswith(b"\n"), "half a line was left behind"
    still_full = hecate.backfill(*arguments, prefix=disk.prefix)
    assert_stopped(still_full, out)
    disk.make_room()
    run = hecate.backfill(*arguments)
    assert run.exit_code == 0, run.explain()
    assert run.summary["events_read"] < len(corpus.events), "it started anew"
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))


def test_a_full_disk_under_the_checkpoint_costs_nothing(hecate, fake_hec, tmp_path, small_disk):
    corpus = archives.build_many_objects(tmp_path / "in", objects=400, events_each=5)
    server = fake_hec()
    disk = small_disk(96 << 10)
    checkpoint = disk.folder / "job.checkpoint"
    arguments = (corpus.folder, server.url, "--config", hecate.config(SMALL_REQUESTS), *OPTIONS, "--checkpoint", checkpoint)
    full = hecate.backfill(*arguments, prefix=disk.prefix)
    assert_stopped(full, checkpoint)
    assert len(server.indexed) < len(corpus.events), "the disk was not filled"
    disk.make_room()
    run = hecate.backfill(*arguments)
    assert run.exit_code == 0, run.explain()
    assert_counts_add_up(run)
    hec_events.assert_nothing_lost(corpus.events, server.events(), doubled_max=EVENTS_PER_REQUEST)


def test_a_checkpoint_that_cannot_even_begin_reads_and_sends_nothing(hecate, fake_hec, tmp_path, small_disk):
    corpus = archives.build_many_objects(tmp_path / "in", objects=2, events_each=100)
    server = fake_hec()
    disk = small_disk(8 << 10)
    checkpoint = disk.folder / "job.checkpoint"
    full = hecate.backfill(corpus.folder, server.url, "--checkpoint", checkpoint, prefix=disk.prefix)
    assert_stopped(full, checkpoint)
    assert server.requests == []
    disk.make_room()
    assert hecate.backfill(corpus.folder, server.url, "--checkpoint", checkpoint).exit_code == 0
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_a_full_disk_under_the_dead_letters_costs_nothing(hecate, fake_hec, tmp_path, small_disk):
    corpus = crash_oracle.poisoned_corpus(tmp_path / "in", 4, 500, 0.1, seed=11)
    server = fake_hec(decide=fakes.refuse_events_with(f'"index":"{crash_oracle.POISON_INDEX}"'))
    disk = small_disk(32 << 10)
    hecate.dead_letters = disk.folder / "dead"
    arguments = (corpus.folder, server.url, "--config", hecate.config(SMALL_REQUESTS + crash_oracle.POISON_RULE), *OPTIONS)
    full = hecate.backfill(*arguments, prefix=disk.prefix)
    assert_stopped(full, hecate.dead_letters)
    letters = crash_oracle.dead_letters(hecate.dead_letters)
    good, poison = crash_oracle.split_poison(corpus.events)
    assert 0 < len(letters) < len(poison), "the disk was not filled"
    for path in hecate.dead_letters.iterdir():
        assert path.read_bytes().endswith(b"\n"), "half a letter was left behind"
    disk.make_room()
    run = hecate.backfill(*arguments)
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    dead = crash_oracle.dead_events(crash_oracle.dead_letters(hecate.dead_letters))
    print(crash_oracle.judge(corpus.events, server.events(), dead, EVENTS_PER_REQUEST, "a full disk"))


def test_dead_letters_that_cannot_be_created_stop_the_run(hecate, fake_hec, tmp_path):
    corpus = crash_oracle.poisoned_corpus(tmp_path / "in", 2, 300, 0.02, seed=12)
    server = fake_hec(decide=fakes.refuse_events_with(f'"index":"{crash_oracle.POISON_INDEX}"'))
    arguments = (corpus.folder, server.url, "--config", hecate.config(SMALL_REQUESTS + crash_oracle.POISON_RULE), *OPTIONS)
    hecate.dead_letters.write_text("a file is in the way")
    run = hecate.backfill(*arguments)
    assert run.exit_code == 3 and str(hecate.dead_letters) in run.stderr, run.explain()
    hecate.dead_letters.unlink()
    assert hecate.backfill(*arguments).exit_code == 1
    dead = crash_oracle.dead_events(crash_oracle.dead_letters(hecate.dead_letters))
    crash_oracle.judge(corpus.events, server.events(), dead, EVENTS_PER_REQUEST, "a file in the way")


def test_standard_output_that_takes_no_more_stops_the_run(hecate, tmp_path):
    """/dev/full is always full."""
    corpus = archives.build_many_objects(tmp_path / "in", objects=1, events_each=100)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(hecate.binary), "backfill", str(corpus.folder), "--to", "-"], env=hecate.environment(),
            stdout=full, stderr=subprocess.PIPE, cwd=hecate.folder, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert os.strerror(28).encode() in done.stderr
