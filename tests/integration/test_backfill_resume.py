"""What a run has delivered, a later run does not send again; what it has not, a later run does.

The fake HEC server is slow on purpose, so that there is something to cut. Kill points are drawn
from a seed that a failure prints.
"""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

import corpus as archives
import events as hec_events
from harness import EVENTS_PER_REQUEST, SMALL_REQUESTS, assert_counts_add_up, assert_delivered, kill_hard

WORKERS = 2
CONNECTIONS = 2
IN_FLIGHT_EVENTS_MAX = WORKERS * CONNECTIONS * EVENTS_PER_REQUEST


def options(hecate) -> list[str]:
    config = str(hecate.config(SMALL_REQUESTS))
    return ["--config", config, "--workers", str(WORKERS), "--connections", str(CONNECTIONS)]


def test_a_second_identical_run_sends_nothing(hecate, receiver, corpora):
    corpus = corpora("all")
    server = receiver()
    assert_delivered(hecate.backfill(corpus.folder, server.url), corpus)
    again = hecate.backfill(corpus.folder, server.url)
    assert again.exit_code == 0, again.explain()
    assert_counts_add_up(again)
    assert again.summary["requests"] == again.summary["events_delivered"] == again.summary["bytes_posted"] == 0
    # The export's write test is no archive; whether it counts as skipped or as done is open.
    assert again.summary["objects_skipped"] >= corpus.objects - 1
    assert again.summary["objects_failed"] == 0
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_a_second_identical_run_adds_nothing_to_a_file(hecate, corpora):
    corpus = corpora("json-lines")
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(corpus.folder, f"file:{out}"), corpus)
    assert hecate.backfill(corpus.folder, f"file:{out}").summary["events_delivered"] == 0
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))


def test_fresh_sends_everything_again_under_the_same_event_ids(hecate, fake_hec, corpora):
    corpus = corpora("json-lines")
    server = fake_hec()
    assert_delivered(hecate.backfill(corpus.folder, server.url), corpus)
    assert_delivered(hecate.backfill(corpus.folder, server.url, "--fresh"), corpus)
    hec_events.assert_nothing_lost(corpus.events, server.events(), doubled_max=len(corpus.events))
    assert len(server.indexed) == 2 * len(corpus.events)


def test_another_destination_is_another_job(hecate, fake_hec, corpora):
    corpus = corpora("json-lines")
    for server in (fake_hec(), fake_hec()):
        assert_delivered(hecate.backfill(corpus.folder, server.url), corpus)


def test_only_new_objects_are_sent_by_a_later_run(hecate, fake_hec, tmp_path):
    corpus = archives.build_many_objects(tmp_path / "in", objects=3, events_each=50)
    server = fake_hec()
    assert_delivered(hecate.backfill(corpus.folder, server.url), corpus)
    corpus.add("2024/02/new.gz", archives.cloudwatch(["one more"], stream="new"), archives.gzip_member)
    later = hecate.backfill(corpus.folder, server.url)
    assert later.summary["events_delivered"] == 1 and later.summary["objects_skipped"] == 3, later.explain()
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_runs_without_a_destination_that_remembers_keep_no_checkpoint(hecate, corpora):
    corpus = corpora("json-lines")
    for destination in ("null:", "-"):
        for _ in range(2):
            assert_delivered(hecate.backfill(corpus.folder, destination), corpus)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_runs_lose_nothing_and_double_at_most_what_was_in_flight(hecate, fake_hec, corpora, seed):
    corpus = corpora("many")
    server = fake_hec(delay_s=0.02)
    random_ = random.Random(seed)
    kills = 0
    for _ in range(5):
        process = hecate.start_backfill(corpus.folder, server.url, *options(hecate))
        server.forget_requests()
        wanted = random_.randrange(3, 45)
        while len(server.requests) < wanted and process.poll() is None:
            time.sleep(0.002)
        time.sleep(random_.random() * 0.02)
        kills += process.poll() is None
        kill_hard(process)
    time.sleep(0.2)  # what was in flight still arrives
    assert kills >= 3, f"seed {seed}: the runs were too quick to be cut"

    run = hecate.backfill(corpus.folder, server.url, *options(hecate))
    assert run.exit_code == 0, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_read"] < len(corpus.events), "it started anew instead of resuming"
    hec_events.assert_nothing_lost(corpus.events, server.events(), doubled_max=kills * IN_FLIGHT_EVENTS_MAX)
    sent = len(server.indexed)
    again = hecate.backfill(corpus.folder, server.url, *options(hecate))
    assert again.exit_code == 0 and again.summary["requests"] == 0 and len(server.indexed) == sent


def test_a_killed_run_resumes_into_a_file_without_losing_or_tearing_a_line(hecate, tmp_path):
    corpus = archives.build_many_objects(tmp_path / "in", objects=40, events_each=3000)
    out = hecate.folder / "out"
    process = hecate.start_backfill(corpus.folder, f"file:{out}", "--workers", WORKERS)
    while (not out.exists() or out.stat().st_size < 1_000_000) and process.poll() is None:
        time.sleep(0.001)
    kill_hard(process)
    run = hecate.backfill(corpus.folder, f"file:{out}", "--workers", WORKERS)
    assert run.exit_code == 0, run.explain()
    hec_events.assert_nothing_lost(corpus.events, hec_events.read_events(out), doubled_max=len(corpus.events))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_130_and_resumes_without_copies(hecate, fake_hec, corpora, number):
    corpus = corpora("many")
    server = fake_hec(delay_s=0.02)
    process = hecate.start_backfill(corpus.folder, server.url, *options(hecate))
    server.wait_for_requests(20)
    process.send_signal(number)
    interrupted = hecate.finish(process, timeout_s=30)
    assert interrupted.exit_code == 130, interrupted.explain()
    delivered = len(server.indexed)
    assert 0 < delivered < len(corpus.events)

    run = hecate.backfill(corpus.folder, server.url, *options(hecate))
    assert run.exit_code == 0, run.explain()
    assert run.summary["events_delivered"] == len(corpus.events) - delivered
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_two_runs_on_one_checkpoint_do_not_mix(hecate, fake_hec, corpora):
    corpus = corpora("many")
    server = fake_hec(delay_s=0.02)
    first = hecate.start_backfill(corpus.folder, server.url, *options(hecate))
    server.wait_for_requests(5)
    second = hecate.backfill(corpus.folder, server.url, *options(hecate))
    assert first.poll() is None, "the first run ended too early to be in the way"
    assert second.exit_code in (2, 3), second.explain()
    assert second.stderr.strip(), "a refusal says why"
    assert hecate.finish(first).exit_code == 0
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_a_checkpoint_may_be_named_and_status_reads_it(hecate, fake_hec, corpora):
    corpus = corpora("json-lines")
    server = fake_hec()
    checkpoint = hecate.folder / "my.checkpoint"
    assert_delivered(hecate.backfill(corpus.folder, server.url, "--checkpoint", checkpoint), corpus)
    assert checkpoint.exists() and not list(hecate.folder.glob("state/**/*"))
    status = hecate.run("status", checkpoint)
    assert status.exit_code == 0 and str(corpus.objects) in status.stdout.decode(), status.explain()


def test_an_object_that_changed_is_read_again(hecate, fake_hec, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    path = corpus.add("a.log", archives.text(["first content"]))
    server = fake_hec()
    assert_delivered(hecate.backfill(corpus.folder, server.url), corpus)
    path.write_text("an ordinary first line\nsomething else entirely, and longer\n")
    os.utime(path, (archives.MTIME_MS / 1000 + 60,) * 2)
    run = hecate.backfill(corpus.folder, server.url)
    assert run.exit_code == 0 and run.summary["objects_skipped"] == 0, run.explain()
    assert "something else entirely, and longer" in {event["event"] for event in server.events()}
