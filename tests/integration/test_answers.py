"""Every answer that an HEC endpoint is known to give: what it costs, and whom.

Trouble that passes costs nothing; what a person has to mend stops the run and costs nothing either;
an event that is refused costs itself alone. The answers strike in the middle of a run, on several
connections, and each table asserts that they struck.
"""

from __future__ import annotations

import email.utils
import json
import math
import random
import time

import pytest

import corpus as archives
import crash_oracle
import events as hec_events
import fake_hec as fakes
from harness import assert_counts_add_up, assert_delivered

EVENTS_PER_REQUEST = 16
CONFIG = f"""
hec:
  batch: {{bytes: 100000, events: {EVENTS_PER_REQUEST}, wait_ms: 50}}
  retry: {{attempts: 8, base_ms: 5, cap_ms: 30, budget_s: 20}}
"""
TEXTS = {
    1: (403, "Token disabled"), 2: (401, "Token is required"), 3: (401, "Invalid authorization"),
    4: (403, "Invalid token"), 5: (400, "No data"), 8: (500, "Internal server error"), 9: (503, "Server is busy"),
    10: (400, "Data channel is missing"), 11: (400, "Invalid data channel"), 14: (400, "ACK is disabled"),
    16: (400, "Query string authorization is not enabled"), 17: (200, "HEC is healthy"),
    18: (503, "HEC is unhealthy, queues are full"), 19: (503, "HEC is unhealthy, ack service unavailable"),
    20: (503, "HEC is unhealthy, queues are full, ack service unavailable"), 21: (400, "Invalid token"),
    22: (400, "Token disabled"), 23: (503, "Server is shutting down"),
    26: (429, "HEC queue is at capacity and cannot process any more requests"),
    27: (429, "HEC ACK channel is at capacity and cannot process any more requests"),
}  # fmt: skip
STOPPING_CODES = (1, 2, 3, 4, 10, 11, 14, 16, 21, 22)
POISON_BASES = {6: 0, 7: 1, 12: 0, 13: 0, 15: 0}


def answer_of(code: int) -> fakes.Answer:
    status, text = TEXTS[code]
    return fakes.Answer(status, json.dumps({"text": text, "code": code}), keeps=False)


PASSING = {
    **{f"code {code}": answer_of(code) for code in TEXTS if code not in STOPPING_CODES},
    **{f"status {status} without a body": fakes.Answer(status, "") for status in (408, 429, 500, 502, 503, 504, 507, 520, 599)},
    **{f"status {status} with a web page": fakes.Answer(status, "<html>sorry</html>") for status in (408, 429, 500, 502, 503, 504)},
    "200 with a web page": fakes.Answer(200, "<html>welcome</html>"),
    "200 without a body": fakes.Answer(200, ""),
    "200 with half a body": fakes.Answer(200, '{"text":"Success","co'),
    "200 with an unknown code": fakes.Answer(200, '{"text":"Success?","code":4711}'),
    "200 with a code that is text": fakes.Answer(200, '{"text":"Success","code":"0"}'),
    "200 with a list": fakes.Answer(200, '[{"code":0}]'),
    "200 with a megabyte": fakes.Answer(200, '{"x":"' + "y" * 1_000_000 + '"}'),
    "201": fakes.Answer(201, fakes.SUCCESS, keeps=False),
    "204": fakes.Answer(204, ""),
    "answer cut": fakes.Answer(then="cut", keeps=False),
    "reset": fakes.Answer(then="reset", keeps=False),
}  # fmt: skip


@pytest.fixture
def small(tmp_path) -> archives.Corpus:
    return archives.build_many_objects(tmp_path / "in", objects=3, events_each=160)


@pytest.fixture
def options(hecate) -> list[str]:
    return ["--config", str(hecate.config(CONFIG)), "--workers", "2", "--connections", "2"]


@pytest.mark.parametrize("what", PASSING)
def test_an_answer_that_passes_costs_nothing(hecate, fake_hec, small, options, what):
    server = fake_hec([fakes.OK] * 3 + [PASSING[what]] * 3)
    run = hecate.backfill(small.folder, server.url, *options)
    assert sum(request.answer is PASSING[what] for request in server.requests) == 3, "it never struck"
    assert_delivered(run, small)
    assert hecate.dead_letter_records() == []
    hec_events.assert_all_arrived_once(small.events, server.events())


@pytest.mark.parametrize("code", STOPPING_CODES)
def test_an_answer_that_a_person_must_mend_stops_the_run_and_costs_nothing(hecate, fake_hec, small, options, code):
    mood = [answer_of(code)]
    server = fake_hec(decide=lambda request: mood[0] if len(server.requests) > 5 else None)
    run = hecate.backfill(small.folder, server.url, *options)
    assert run.exit_code == 3 and hecate.dead_letter_records() == [], run.explain()
    assert TEXTS[code][1] in run.stderr or f"code {code}" in run.stderr, run.stderr
    assert 5 < len(server.requests) <= 12, "it is not asked over and over"
    mood[0] = None
    again = hecate.backfill(small.folder, server.url, *options)
    assert again.exit_code == 0, again.explain()
    hec_events.assert_all_arrived(small.events, server.events())


class Poison:
    """Refuses the first bad event of each request, in one of the ways that receivers have."""

    def __init__(self, code: int, variant: str):
        self.code = code
        self.variant = variant
        self.positions: set[int] = set()

    def decide(self, request: fakes.Request) -> fakes.Answer | None:
        bad = next((n for n, text in enumerate(request.objects) if f'"event":"{crash_oracle.POISON} ' in text), None)
        if bad is None:
            return None
        self.positions.add(bad)
        body = {"text": "no", "code": self.code}
        if self.variant != "unnamed":
            body["invalid-event-number"] = 10**6 if self.variant == "out of range" else bad + POISON_BASES[self.code]
        # What precedes the bad event is kept only by receivers that say so.
        request.objects = request.objects[:bad] if self.variant == "head kept" else []
        return fakes.Answer(400, json.dumps(body), keeps=True)


@pytest.mark.parametrize("variant", ["head kept", "nothing kept", "unnamed", "out of range"])
@pytest.mark.parametrize("code", POISON_BASES)
def test_a_refused_event_costs_itself_alone_wherever_it_lies(hecate, fake_hec, tmp_path, code, variant):
    seed = crash_oracle.new_seed()
    print(f"HECATE_SEED={seed}")
    lines = archives.many_lines(1000)
    random_ = random.Random(seed)
    # In each batch the first bad event lies one further on; some more follow by chance. One batch has no other.
    bad = {n for n in range(1000) if n % EVENTS_PER_REQUEST > n // EVENTS_PER_REQUEST % EVENTS_PER_REQUEST and random_.random() < 0.12}
    bad |= {n for n in range(1000) if n % EVENTS_PER_REQUEST == n // EVENTS_PER_REQUEST % EVENTS_PER_REQUEST} | set(range(256, 272))
    lines = [f"{crash_oracle.POISON} {line}" if n in bad else line for n, line in enumerate(lines)]
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.gz", archives.cloudwatch(lines, per_document=100), archives.gzip_member)
    poison = Poison(code, variant)
    server = fake_hec(decide=poison.decide)
    # Batches are cut by count alone, or the positions would be a matter of speed.
    config = CONFIG.replace("wait_ms: 50", "wait_ms: 10000") + ("  on_partial: resend\n" if variant == "nothing kept" else "")
    run = hecate.backfill(corpus.folder, server.url, "--config", hecate.config(config), "--workers", "1")
    assert run.exit_code == 1, f"seed {seed}: {run.explain()}"
    assert_counts_add_up(run)
    assert run.summary["events_dead_lettered"] == len(bad), f"seed {seed}: {run.explain()}"
    assert poison.positions == set(range(EVENTS_PER_REQUEST)), f"seed {seed}: only at {poison.positions}"
    good = [event for event in corpus.events if not crash_oracle.is_poison(event)]
    refused = [event for event in corpus.events if crash_oracle.is_poison(event)]
    hec_events.assert_all_arrived_once(good, server.events())
    records = crash_oracle.dead_letters(hecate.dead_letters)
    hec_events.assert_all_arrived_once(refused, crash_oracle.dead_events(records))
    assert {record["hec_code"] for record in records} == {code} and {record["http_status"] for record in records} == {400}
    batches = math.ceil(1000 / EVENTS_PER_REQUEST)
    per_event = {"head kept": 1, "nothing kept": 2}.get(variant, 2 * (math.ceil(math.log2(EVENTS_PER_REQUEST)) + 1))
    assert len(server.requests) <= batches + len(bad) * per_event + 1


def test_a_batch_of_nothing_but_refused_events_ends(hecate, fake_hec, tmp_path, options):
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.json", archives.cloudwatch([f"{crash_oracle.POISON} {n}" for n in range(100)], per_document=100))
    server = fake_hec(decide=fakes.refuse_events_with(crash_oracle.POISON))
    run = hecate.backfill(corpus.folder, server.url, *options)
    assert run.exit_code == 1 and run.summary["events_dead_lettered"] == 100, run.explain()
    assert server.indexed == [] and all(request.objects for request in server.requests), "an empty batch was sent"


def test_a_large_body_refused_as_event_zero_is_halved_and_not_believed(hecate, fake_hec, tmp_path):
    """Splunk Cloud answers a body beyond its limit with code 6, number 0; the event is innocent."""
    corpus = archives.build_many_objects(tmp_path / "in", objects=2, events_each=3000)
    oversize = fakes.Answer(400, '{"text":"Invalid data format","code":6,"invalid-event-number":0}')
    struck = []

    def decide(request):
        if sum(map(len, request.objects)) > 200_000:
            struck.append(len(request.objects))
            return oversize
        return None

    server = fake_hec(decide=decide)
    run = hecate.backfill(corpus.folder, server.url)
    assert struck, "no body was large"
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, server.events())


def test_a_single_event_that_is_too_large_is_a_dead_letter(hecate, fake_hec, tmp_path, options):
    lines = archives.many_lines(60)
    lines[30] = "L" * 50_000
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.gz", archives.cloudwatch(lines, per_document=60), archives.gzip_member)
    server = fake_hec(decide=fakes.refuse_bodies_over(20_000))
    run = hecate.backfill(corpus.folder, server.url, *options)
    assert run.exit_code == 1 and run.summary["events_dead_lettered"] == 1, run.explain()
    (record,) = hecate.dead_letter_records()
    assert record["reason"] == "too_large" and record["http_status"] == 413
    assert record["event"]["event"] == lines[30]
    hec_events.assert_all_arrived_once([e for e in corpus.events if e["event"] != lines[30]], server.events())


def test_a_receiver_that_takes_no_compression_gets_none(hecate, fake_hec, small, options):
    refusal = fakes.Answer(415, "")
    server = fake_hec(decide=lambda request: refusal if request.headers.get("content-encoding") else None)
    run = hecate.backfill(small.folder, server.url, *options, "--gzip", "on")
    assert any(request.answer is refusal for request in server.requests)
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
def test_no_redirect_takes_the_token_elsewhere(hecate, fake_hec, small, options, status):
    elsewhere = fake_hec()
    moved = fakes.Answer(status, "", (("Location", f"{elsewhere.url}/services/collector/event"),))
    mood = [moved]
    server = fake_hec(decide=lambda request: mood[0] if len(server.requests) > 4 else None)
    run = hecate.backfill(small.folder, server.url, *options)
    assert run.exit_code == 3 and str(status) in run.stderr, run.explain()
    assert elsewhere.requests == [] and hecate.dead_letter_records() == []
    mood[0] = None
    assert hecate.backfill(small.folder, server.url, *options).exit_code == 0
    hec_events.assert_all_arrived(small.events, server.events())


def test_a_date_to_retry_after_is_honoured(hecate, fake_hec, small, options):
    at = math.ceil(time.time()) + 2
    busy = fakes.Answer(503, answer_of(9).body, (("Retry-After", email.utils.formatdate(at, usegmt=True)),))
    server = fake_hec([busy])
    run = hecate.backfill(small.folder, server.url, *options[:2], "--workers", "1", "--connections", "1")
    assert_delivered(run, small)
    assert time.time() >= at - 0.1, "the server asked for more time"
    hec_events.assert_all_arrived_once(small.events, server.events())


@pytest.mark.parametrize("value", ["soon", "-5", "", "1.5", "99999999999999999999", "Thu, 99 Foo 2024 00:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_does_no_harm(hecate, fake_hec, small, options, value):
    """Beside a second endpoint, so that one that is believed for minutes shows as well."""
    busy = fakes.Answer(503, answer_of(9).body, (("Retry-After", value),))
    silly, sound = fake_hec([busy]), fake_hec()
    run = hecate.backfill(small.folder, silly.url, "--to", sound.url, *options, timeout_s=60)
    assert silly.requests[0].answer is busy
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, silly.events() + sound.events())


def test_an_endpoint_that_dies_in_the_middle_costs_nothing_beside_another(hecate, fake_hec, tmp_path, options):
    corpus = archives.build_many_objects(tmp_path / "in", objects=4, events_each=1000)
    mortal, immortal = fake_hec(delay_s=0.002), fake_hec(delay_s=0.002)

    def decide(request):
        dead = len(mortal.requests) > 20
        return fakes.Answer(then="reset", keeps=False) if dead else None

    mortal._decide = decide
    run = hecate.backfill(corpus.folder, mortal.url, "--to", immortal.url, *options, timeout_s=60)
    assert len(mortal.requests) > 20 and len(mortal.indexed) == 20 * EVENTS_PER_REQUEST
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, mortal.events() + immortal.events())


def test_what_is_sent_while_slowing_down_arrives_once(hecate, fake_hec, small, options):
    slow = [fakes.Answer(200, json.dumps({"text": "approaching", "code": code}), keeps=True) for code in (24, 25)]
    server = fake_hec(decide=lambda request: slow[len(server.requests) % 2] if len(server.requests) < 8 else None)
    run = hecate.backfill(small.folder, server.url, *options)
    assert_delivered(run, small)
    hec_events.assert_all_arrived_once(small.events, server.events())
