"""Every format in every packing arrives complete, once and unaltered, whatever the destination."""

from __future__ import annotations

import collections
import os
from pathlib import Path

import pytest

import corpus as archives
import events as hec_events
from harness import SMALL_REQUESTS, TOKEN, assert_counts_add_up, assert_delivered

FORMATS = list(archives.FORMATS)
WORKERS = ["1", "2"]


def contents(path: Path) -> collections.Counter:
    return collections.Counter(hec_events.read_object_lines(path))


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_event_of_a_format_reaches_a_file(hecate, corpora, name, workers):
    corpus = corpora(name)
    out = hecate.folder / "out.ndjson"
    run = hecate.backfill(corpus.folder, f"file:{out}", "--workers", workers)
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))
    assert_delivered(run, corpus)


@pytest.mark.parametrize("gzip_mode", ["on", "off", "auto"])
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_event_of_a_format_reaches_the_receiver(hecate, receiver, corpora, name, workers, gzip_mode):
    corpus = corpora(name)
    server = receiver()
    run = hecate.backfill(corpus.folder, server.url, "--workers", workers, "--gzip", gzip_mode)
    hec_events.assert_all_arrived_once(corpus.events, server.events())
    assert_delivered(run, corpus)
    assert run.summary["retries"] == 0


@pytest.mark.parametrize("name", ["text", "cloudwatch-export", "json-lines", "cloudtrail"])
def test_blank_events_are_counted_as_filtered(hecate, corpora, name):
    corpus = corpora(name)
    run = hecate.backfill(corpus.folder, "null:")
    assert_delivered(run, corpus)
    assert run.summary["events_filtered"] == corpus.filtered


def test_all_formats_may_lie_in_one_folder(hecate, receiver, corpora):
    corpus = corpora("all")
    server = receiver()
    run = hecate.backfill(corpus.folder, server.url)
    hec_events.assert_all_arrived_once(corpus.events, server.events())
    assert_delivered(run, corpus)


def test_a_file_and_hec_get_the_same_bytes_for_any_number_of_workers(hecate, receiver, corpora):
    corpus = corpora("all")
    server = receiver()
    hecate.backfill(corpus.folder, server.url, "--workers", "2")
    sent = collections.Counter(server.object_texts())
    assert sent.total() == len(corpus.events)
    for workers in WORKERS:
        out = hecate.folder / f"out{workers}"
        hecate.backfill(corpus.folder, f"file:{out}", "--workers", workers)
        differing = (sent - contents(out)) + (contents(out) - sent)
        assert not differing, f"{len(differing)} objects differ, such as {next(iter(differing))[:300]!r}"


def test_small_requests_carry_the_same_events_as_large_ones(hecate, fake_hec, corpora):
    corpus = corpora("cloudwatch-export")
    server = fake_hec()
    run = hecate.backfill(corpus.folder, server.url, "--config", hecate.config(SMALL_REQUESTS))
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, server.events())
    assert run.summary["requests"] == len(server.requests) > 1
    assert all(request.objects for request in server.requests), "a batch is never sent empty"


@pytest.mark.parametrize("gzip_mode, encoding", [("on", "gzip"), ("off", None)])
def test_gzip_is_used_when_asked_for_and_only_then(hecate, fake_hec, corpora, gzip_mode, encoding):
    corpus = corpora("json-lines")
    server = fake_hec()
    run = hecate.backfill(corpus.folder, server.url, "--gzip", gzip_mode)
    assert_delivered(run, corpus)
    assert {request.headers.get("content-encoding") for request in server.requests} == {encoding}
    assert run.summary["bytes_posted"] == sum(request.wire_bytes for request in server.requests)


def test_requests_go_to_the_default_path_with_token_length_and_user_agent(hecate, fake_hec, corpora):
    server = fake_hec(token=TOKEN)
    assert hecate.backfill(corpora("json-lines").folder, server.url).exit_code == 0
    for request in server.requests:
        assert request.path.split("?")[0] == "/services/collector/event"
        assert request.headers["authorization"] == f"Splunk {TOKEN}"
        assert request.headers.get("user-agent") and int(request.headers["content-length"]) == request.wire_bytes


def test_the_path_of_the_destination_is_kept(hecate, fake_hec, corpora):
    server = fake_hec()
    assert hecate.backfill(corpora("json-lines").folder, f"{server.url}/my/collector").exit_code == 0
    assert {request.path.split("?")[0] for request in server.requests} == {"/my/collector"}


def test_milliseconds_become_seconds_without_rounding(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    for place, start_ms in enumerate([1440442987001, 1440442987999, 1000, 999999999999, 1700000000000]):
        piece = archives.cloudwatch([f"at {start_ms}"], "/g", f"s{place}", start_ms=start_ms)
        corpus.add(f"{place}.json", piece)
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(corpus.folder, f"file:{out}"), corpus)
    got = hec_events.read_events(out)
    hec_events.assert_all_arrived_once(corpus.events, got)
    assert "1440442987.001" in {event["time"] for event in got}


def test_event_ids_are_the_same_on_every_run_and_for_every_number_of_workers(hecate, corpora):
    corpus = corpora("all")
    ids = []
    for number, workers in enumerate(["1", "2", "2"]):
        out = hecate.folder / f"out{number}"
        hecate.backfill(corpus.folder, f"file:{out}", "--workers", workers, "--fresh")
        ids.append({hec_events.key(event) + hec_events.event_id(event) for event in hec_events.read_events(out)})
    assert len(ids[0]) == len(corpus.events) and ids[0] == ids[1] == ids[2]


def test_invalid_utf8_becomes_the_replacement_character_and_spares_its_neighbours(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    path = corpus.add("latin1.log", archives.text(["caf\xe9 ol\xe9", "untouched 漢"]))
    data = path.read_bytes().replace("\xe9".encode(), b"\xe9")
    path.write_bytes(data)
    os.utime(path, ns=(archives.MTIME_MS * 1_000_000,) * 2)
    for event in corpus.events:
        event["event"] = event["event"].replace("\xe9", "\ufffd")
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(path, f"file:{out}"), corpus)
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))


def test_a_lone_surrogate_escape_spares_the_rest_of_its_document(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    messages = ["before", "CUT", "after"]
    piece = archives.cloudwatch(messages, per_document=3)
    piece.data = piece.data.replace(b'"CUT"', b'"cut \\ud83d"')
    piece.events[1]["event"] = "cut \ufffd"
    corpus.add("a.json", piece)
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(corpus.folder, f"file:{out}"), corpus)
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))


def test_a_message_beyond_the_event_limit_is_truncated_by_default(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.json", archives.cloudwatch(["small", "y" * 1_200_000, "small too"], per_document=3))
    out = hecate.folder / "out"
    run = hecate.backfill(corpus.folder, f"file:{out}")
    assert_delivered(run, corpus)
    got = {len(event["event"]): event for event in hec_events.read_events(out)}
    assert len(got) == 3
    longest = got[max(got)]["event"]
    assert 900_000 < len(longest) <= 1_000_000 and longest.startswith("y" * 900_000)


def test_a_message_beyond_the_event_limit_goes_to_the_dead_letters_when_configured(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.json", archives.cloudwatch(["small", "y" * 1_200_000, "small too"], per_document=3))
    out = hecate.folder / "out"
    config = hecate.config("hec:\n  too_large: dead_letter\n")
    run = hecate.backfill(corpus.folder, f"file:{out}", "--config", config)
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_dead_lettered"] == 1
    assert [record["reason"] for record in hecate.dead_letter_records()] == ["too_large"]
    assert sorted(event["event"] for event in hec_events.read_events(out)) == ["small", "small too"]


def test_a_forced_format_overrules_what_the_content_looks_like(hecate, tmp_path):
    corpus = archives.Corpus(tmp_path / "in")
    lines = ['{"messageType":"DATA_MESSAGE"}', '{"Records":[]}', "2024-01-31T23:59:59.123Z an export line"]
    piece = archives.text(lines)
    piece.data = piece.data.split(b"\n", 1)[1]
    piece.events = piece.events[1:]
    corpus.add("looks-like-much-else", piece)
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(corpus.folder, f"file:{out}", "--format", "text"), corpus)
    hec_events.assert_all_arrived_once(corpus.events, hec_events.read_events(out))
