"""A server in trouble delays events; it never costs any.

The fake says what it indexed, so "arrived once" is exact wherever the answer left no doubt.
"""

from __future__ import annotations

import threading
import time

import pytest

import corpus as archives
import events as hec_events
import fake_hec as fakes
from harness import SMALL_REQUESTS, TOKEN, assert_counts_add_up, assert_delivered
from support import free_port

GIVES_UP_SOON = """
hec:
  batch: {bytes: 100000, events: 100, wait_ms: 50}
  retry: {attempts: 3, base_ms: 10, cap_ms: 50, budget_s: 2}
"""


@pytest.fixture
def small(tmp_path) -> archives.Corpus:
    return archives.build_many_objects(tmp_path / "in", objects=4, events_each=500)


TROUBLES = {
    "busy": [fakes.BUSY] * 5,
    "at capacity": [fakes.AT_CAPACITY] * 5,
    "internal error": [fakes.BROKEN] * 5,
    "bad gateway in HTML": [fakes.BAD_GATEWAY] * 5,
    "gateway timeout": [fakes.Answer(504, "")] * 5,
    "request timeout": [fakes.Answer(408, "")] * 5,
    "success without a body": [fakes.Answer(200, "")] * 3,
    "success that is no JSON": [fakes.Answer(200, "<html>welcome</html>")] * 3,
    "success with another code": [fakes.Answer(200, '{"text":"?","code":99}')] * 3,
    "reset before the answer": [fakes.Answer(then="reset", keeps=False)] * 3,
    "answer cut in the middle": [fakes.Answer(then="cut", keeps=False)] * 3,
    "all in turn": [fakes.BUSY, fakes.OK, fakes.BROKEN, fakes.Answer(then="reset", keeps=False), fakes.AT_CAPACITY],
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_passes_costs_nothing(hecate, fake_hec, small, trouble):
    server = fake_hec(TROUBLES[trouble])
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())
    failures = sum(not answer.indexes for answer in TROUBLES[trouble])
    assert 1 <= run.summary["retries"] <= failures * 3, run.explain()
    assert hecate.dead_letter_records() == []


@pytest.mark.parametrize("code", [24, 25])
def test_success_that_asks_to_slow_down_is_still_success(hecate, fake_hec, small, code):
    slow_down = fakes.Answer(200, f'{{"text":"approaching its capacity limit","code":{code}}}', keeps=True)
    server = fake_hec([slow_down] * 4)
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


@pytest.mark.parametrize("then", ["reset", "cut"])
def test_copies_after_an_answer_that_was_lost_carry_the_same_event_id(hecate, fake_hec, small, then):
    lost = [fakes.Answer(then=then, keeps=True)] * 3
    server = fake_hec(lost)
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, small)
    hec_events.assert_nothing_lost(small.events, server.events(), doubled_max=len(lost) * 100)


def test_connections_closed_after_each_answer_are_no_trouble(hecate, fake_hec, small):
    server = fake_hec([fakes.Answer(then="close")] * 1000)
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_retry_after_is_honoured(hecate, fake_hec, small):
    wait = fakes.Answer(429, fakes.AT_CAPACITY.body, (("Retry-After", "2"),))
    server = fake_hec([wait])
    begin = time.monotonic()
    run = hecate.backfill(
        small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS), "--workers", "1", "--connections", "1"
    )
    assert_delivered(run, small)
    assert time.monotonic() - begin >= 1.9, "the server asked for two seconds"
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_a_server_that_comes_up_late_gets_everything(hecate, fake_hec, small):
    server = fake_hec(later=True, port=free_port())
    timer = threading.Timer(1.5, server.start)
    timer.start()
    try:
        run = hecate.backfill(small.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    finally:
        timer.join()
    assert_delivered(run, small)
    assert run.summary["retries"] > 0
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_a_server_that_never_comes_up_leaves_the_work_for_the_next_run(hecate, fake_hec, small):
    server = fake_hec(later=True, port=free_port())
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(GIVES_UP_SOON))
    assert run.exit_code == 3, run.explain()
    assert run.summary.get("events_delivered", 0) == 0 and hecate.dead_letter_records() == []
    assert str(server.url).split("//")[1] in run.stderr, "the message names the destination"
    server.start()
    again = hecate.backfill(small.folder, server.url, "--config", hecate.config(GIVES_UP_SOON))
    assert_delivered(again, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_an_outage_in_the_middle_is_resumed_where_it_began(hecate, fake_hec, small):
    server = fake_hec([fakes.OK] * 5 + [fakes.BUSY] * 200)
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(GIVES_UP_SOON), "--connections", "1")
    assert run.exit_code == 3, run.explain()
    assert 0 < len(server.indexed) < len(small.events)
    healed = fake_hec(later=True, port=int(server.url.rsplit(":", 1)[1]))
    server.stop()
    healed.start()
    again = hecate.backfill(small.folder, server.url, "--config", hecate.config(GIVES_UP_SOON))
    assert again.exit_code == 0, again.explain()
    hec_events.assert_all_arrived_once(small.events, server.events() + healed.events())


@pytest.mark.parametrize("answer", [fakes.UNAUTHORIZED, fakes.WRONG_TOKEN, fakes.Answer(403, '{"text":"Token disabled","code":1}')])
def test_a_rejected_token_stops_the_run_and_loses_nothing(hecate, fake_hec, small, answer):
    server = fake_hec(decide=lambda request: None if request.headers["authorization"] == "Splunk right" else answer)
    wrong = hecate.backfill(small.folder, server.url)
    assert wrong.exit_code == 3, wrong.explain()
    assert "token" in wrong.stderr.lower() and TOKEN not in wrong.stderr
    assert hecate.dead_letter_records() == [] and server.indexed == []
    assert len(server.requests) <= 20, "a rejected token is not tried over and over"
    right = hecate.backfill(small.folder, server.url, env={"SPLUNK_HEC_TOKEN": "right"})
    assert_delivered(right, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_the_receiver_refuses_a_wrong_token_like_splunk(hecate, receiver, small):
    server = receiver(token="another-token")
    assert hecate.backfill(small.folder, server.url).exit_code == 3
    assert_delivered(hecate.backfill(small.folder, server.url, env={"SPLUNK_HEC_TOKEN": "another-token"}), small)
    hec_events.assert_all_arrived_once(small.events, server.events())


@pytest.mark.parametrize("poisoned", [[0], [499], [0, 1, 2], [7, 100, 101, 350, 499]])
def test_a_rejected_event_costs_only_itself(hecate, fake_hec, tmp_path, poisoned):
    lines = archives.many_lines(500)
    for number in poisoned:
        lines[number] = f"poison {number}"
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.gz", archives.cloudwatch(lines, per_document=50), archives.gzip_member)
    server = fake_hec(decide=fakes.refuse_events_with("poison"))
    run = hecate.backfill(corpus.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_dead_lettered"] == len(poisoned), run.explain()
    good = [event for event in corpus.events if not event["event"].startswith("poison")]
    hec_events.assert_all_arrived_once(good, server.events())

    records = hecate.dead_letter_records()
    assert {record["reason"] for record in records} == {"hec_rejected"}
    assert {record["hec_code"] for record in records} == {6} and {record["http_status"] for record in records} == {400}
    refused = [event for event in corpus.events if event["event"].startswith("poison")]
    hec_events.assert_all_arrived_once(refused, [hec_events.normalized(record["event"]) for record in records])


def test_replayed_dead_letters_arrive_under_their_own_event_ids(hecate, fake_hec, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.json", archives.cloudwatch(["fine", "poison 1", "poison 2", "fine too"], per_document=4))
    strict, lenient = fake_hec(decide=fakes.refuse_events_with("poison")), fake_hec()
    assert hecate.backfill(corpus.folder, strict.url).exit_code == 1
    letters = [path for path in hecate.dead_letters.rglob("*") if path.is_file()]
    replay = hecate.run("replay", *letters, "--to", lenient.url)
    assert replay.exit_code == 0, replay.explain()
    hec_events.assert_all_arrived_once(corpus.events, strict.events() + lenient.events())


def test_a_body_that_is_too_large_is_halved_until_it_fits(hecate, fake_hec, small):
    server = fake_hec(decide=fakes.refuse_bodies_over(20_000))
    run = hecate.backfill(small.folder, server.url)
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


def test_a_redirect_is_not_followed(hecate, fake_hec, small):
    elsewhere = fake_hec()
    moved = fakes.Answer(307, "", (("Location", f"{elsewhere.url}/services/collector/event"),))
    server = fake_hec(decide=lambda request: moved)
    run = hecate.backfill(small.folder, server.url, "--config", hecate.config(GIVES_UP_SOON))
    assert run.exit_code == 3, run.explain()
    assert elsewhere.requests == [], "the token went to another host"
