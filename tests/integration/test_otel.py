"""What reaches a receiver that somebody else wrote: nothing lost, nothing twice, nothing altered.

The OpenTelemetry Collector keeps numbers inside events as floating point and times as nanoseconds
computed from them, so both are compared by value (see otel.py and events.py). The first test needs no
hecate: it asks whether the collector and what reads its file back can be trusted as a judge.
"""

from __future__ import annotations

import gzip
import json
import urllib.request

import pytest

import corpus as archives
import events as hec_events
from harness import SMALL_REQUESTS, assert_delivered

EVENTS_PER_POST = 50


def post(url: str, body: bytes, gzip_mode: str) -> None:
    """One request; an answer that is no success raises."""
    headers = {"Authorization": "Splunk any", "Content-Type": "application/json"}
    if gzip_mode == "on":
        body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
    request = urllib.request.Request(f"{url}/services/collector/event", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["code"] == 0


@pytest.mark.parametrize("gzip_mode", ["on", "off"])
@pytest.mark.parametrize("name", list(archives.FORMATS))
def test_the_collector_gives_back_what_it_was_sent(otel, corpora, name, gzip_mode):
    sent = []
    for number, event in enumerate(corpora(name).events):
        fields = {"event_id": f"{number:011d}", **event.get("fields", {})}
        sent.append({**event, "index": "main", "fields": fields})
    collector = otel()
    for start in range(0, len(sent), EVENTS_PER_POST):
        chosen = [{**event, "time": float(event["time"])} for event in sent[start : start + EVENTS_PER_POST]]
        post(collector.url, "".join(map(json.dumps, chosen)).encode(), gzip_mode)
    hec_events.assert_all_arrived_once(sent, collector.events())


@pytest.mark.parametrize("gzip_mode", ["on", "off"])
@pytest.mark.parametrize("name", list(archives.FORMATS))
def test_every_event_of_a_format_reaches_the_collector(hecate, otel, corpora, name, gzip_mode):
    corpus = corpora(name)
    collector = otel()
    run = hecate.backfill(corpus.folder, collector.url, "--gzip", gzip_mode, "--workers", "2")
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, collector.events())


def test_all_formats_reach_the_collector_in_small_requests(hecate, otel, corpora):
    corpus = corpora("all")
    collector = otel()
    run = hecate.backfill(corpus.folder, collector.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, collector.events())


def test_a_second_run_sends_the_collector_nothing(hecate, otel, corpora):
    corpus = corpora("json-lines")
    collector = otel()
    for _ in range(2):
        assert hecate.backfill(corpus.folder, collector.url).exit_code == 0
    hec_events.assert_all_arrived_once(corpus.events, collector.events())
