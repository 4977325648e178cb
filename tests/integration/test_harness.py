"""The harness judges hecate, so somebody must judge the harness: comparisons that cannot fail, a fake
that accepts what it should refuse, or a corpus that is not what it says would make the rest worthless.

Needs no hecate binary.
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xxhash

import corpus
import events as hec_events
import fake_hec as fakes
from events import Comparison
from harness import parse_summary
from otel import read_events as read_otel_events


def post(url: str, body: bytes, headers: dict | None = None) -> tuple[int, dict | str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", "/services/collector/event", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def event(text: str, identifier: str = "AAAAAAAAAAA", **more) -> dict:
    return {"time": "1.000", "event": text, "fields": {"event_id": identifier}, **more}


def unpacked(data: bytes) -> bytes:
    while data[:2] == b"\x1f\x8b" or data[:4] == b"\x28\xb5\x2f\xfd":
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        else:
            data = subprocess.run(["zstd", "-dqc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def test_a_lost_event_is_seen():
    with pytest.raises(AssertionError, match="lost"):
        hec_events.assert_all_arrived_once([event("a"), event("b")], [event("a")])


def test_a_doubled_event_is_seen():
    with pytest.raises(AssertionError, match="doubled"):
        hec_events.assert_all_arrived_once([event("a")], [event("a"), event("a")])


def test_an_altered_event_is_seen_as_lost_and_invented():
    comparison = Comparison([event("a\x00b")], [event("a b")])
    assert comparison.lost and comparison.invented


def test_a_wrong_time_host_or_field_is_seen():
    sent = event("a", host="h")
    for got in ({**sent, "time": "1.001"}, {**sent, "host": "i"}, {**sent, "fields": {**sent["fields"], "x": "y"}}):
        assert Comparison([sent], [got]).lost


def test_a_wrong_event_id_is_seen_only_where_it_is_fixed():
    assert Comparison([event("a", "AAAAAAAAAAA")], [event("a", "BBBBBBBBBBB")]).wrong_ids
    assert not Comparison([{"time": "1.000", "event": "a"}], [event("a", "BBBBBBBBBBB")]).wrong_ids


def test_copies_with_two_event_ids_are_refused_even_when_copies_are_allowed():
    expected = [{"time": "1.000", "event": "a"}]
    hec_events.assert_nothing_lost(expected, [event("a"), event("a")], doubled_max=1)
    with pytest.raises(AssertionError, match="one event_id"):
        hec_events.assert_nothing_lost(expected, [event("a"), event("a", "BBBBBBBBBBB")], doubled_max=1)
    with pytest.raises(AssertionError, match="copies"):
        hec_events.assert_nothing_lost(expected, [event("a")] * 3, doubled_max=1)


def test_the_time_is_judged_as_it_was_written():
    assert hec_events.parse_event('{"time":1440442987.100,"event":"a"}')["time"] == "1440442987.100"
    assert hec_events.parse_event('{"time":1440442987.1,"event":"a"}')["time"] == "1440442987.1"


def test_unknown_keys_of_an_event_are_refused():
    with pytest.raises(AssertionError, match="does not know"):
        hec_events.parse_event('{"event":"a","level":"info"}')


def test_a_body_is_split_wherever_objects_meet():
    assert hec_events.split_objects('{"a":"}{"}{"b":1}\n {"c":[]} ') == ['{"a":"}{"}', '{"b":1}', '{"c":[]}']


def test_the_summary_is_the_last_line_or_nothing():
    assert parse_summary(b'{"event":"x"}\n{"objects_total":1}\n') == {"objects_total": 1}
    assert parse_summary(b'{"event":"x"}\n') == {} and parse_summary(b"") == {} and parse_summary(b"oops") == {}


def test_event_ids_are_base64url_of_the_xxh3_of_four_parts_joined_by_nul():
    # XXH3-64 of "abc" is published as 78af5f94892f3950; a digest lists it big-endian.
    assert xxhash.xxh3_64_digest(b"abc").hex() == "78af5f94892f3950"
    assert corpus.short_event_id("a", "b", "c", "d") != corpus.short_event_id("a", "bc", "", "d")
    assert hec_events.SHORT_ID.match(corpus.short_event_id("1", "g", "s", "0" * 56))


@pytest.mark.parametrize("name", corpus.FORMATS)
def test_a_corpus_holds_distinct_events_and_reads_back(name: str, tmp_path: Path):
    built = corpus.FORMATS[name](tmp_path)
    assert len(built.events) > 100 and built.objects == sum(path.is_file() for path in tmp_path.rglob("*"))
    assert not Comparison(built.events, built.events).lost
    for path in tmp_path.rglob("*"):
        if path.is_file():
            unpacked(path.read_bytes()).decode("utf-8")


def test_a_cloudwatch_corpus_means_the_same_in_every_style(tmp_path: Path):
    messages = corpus.lines_for_json_documents()
    for style in corpus.STYLES.values():
        piece = corpus.cloudwatch(messages, style=style)
        decoder, text, position, seen = json.JSONDecoder(), piece.data.decode(), 0, []
        while position < len(text.rstrip()):
            position += len(text[position:]) - len(text[position:].lstrip())
            document, position = decoder.raw_decode(text, position)
            if document["messageType"] == "DATA_MESSAGE":
                seen += [log_event["message"] for log_event in document["logEvents"]]
        assert seen == messages


def test_the_fake_follows_its_script_and_then_succeeds(fake_hec):
    server = fake_hec([fakes.BUSY, fakes.AT_CAPACITY])
    body = b'{"event":"a"}{"event":"b"}'
    assert [post(server.url, body)[0] for _ in range(3)] == [503, 429, 200]
    assert len(server.requests) == 3 and server.indexed == ['{"event":"a"}', '{"event":"b"}']


def test_the_fake_reads_gzip_and_checks_the_token(fake_hec):
    server = fake_hec(token="t")
    body = gzip.compress(b'{"event":"a"}')
    assert post(server.url, body, {"Content-Encoding": "gzip", "Authorization": "Splunk x"})[0] == 403
    assert post(server.url, body, {"Content-Encoding": "gzip", "Authorization": "Splunk t"})[0] == 200
    assert server.indexed == ['{"event":"a"}'] and server.requests[0].wire_bytes == len(body)


def test_the_fake_names_the_first_bad_event_and_keeps_those_before(fake_hec):
    server = fake_hec(decide=fakes.refuse_events_with("poison"))
    status, text = post(server.url, b'{"event":"a"}{"event":"poison"}{"event":"c"}')
    assert status == 400 and json.loads(text)["invalid-event-number"] == 1
    assert server.indexed == ['{"event":"a"}']


def test_the_fake_resets_and_cuts_when_told(fake_hec):
    server = fake_hec([fakes.Answer(then="reset"), fakes.Answer(then="cut")])
    with pytest.raises(ConnectionResetError):
        post(server.url, b'{"event":"a"}')
    with pytest.raises(http.client.IncompleteRead):
        post(server.url, b'{"event":"a"}')
    assert server.indexed == []


def test_the_fake_keeps_connections_alive(fake_hec):
    server = fake_hec()
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/services/collector", b'{"event":"a"}')
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1 and isinstance(sockets.pop(), socket.socket)


def test_the_files_of_the_collector_become_events(tmp_path: Path):
    path = tmp_path / "otel.json"
    pair = lambda name, **value: {"key": name, "value": value}  # noqa: E731
    record = {
        "timeUnixNano": "1440442987000999936",
        "body": {"kvlistValue": {"values": [pair("n", doubleValue=1), pair("i", intValue="5"), pair("none")]}},
        "attributes": [pair("event_id", stringValue="AAAAAAAAAAA")],
    }
    resource = {"attributes": [pair("host.name", stringValue="h"), pair("com.splunk.source", stringValue="s")]}
    logs = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": [record]}]}]}
    path.write_text(json.dumps(logs) + "\n")
    assert read_otel_events(path) == [
        {
            "time": "1440442987.001",
            "host": "h",
            "source": "s",
            "fields": {"event_id": "AAAAAAAAAAA"},
            "event": {"n": 1, "i": 5, "none": None},
        }
    ]
