"""Dead letters sent again: hecate's own, Firehose's error objects, failed Lambda invocations.

What a replay sends is what was to be sent, under the same event ids; what it cannot send it names,
and the rest arrives all the same.
"""

from __future__ import annotations

import base64
import gzip
import json
import signal
from pathlib import Path

import pytest

import corpus as archives
import events as hec_events
import fake_hec as fakes
from harness import SMALL_REQUESTS, TOKEN, assert_counts_add_up

CANARY = "payload-canary-c0ffee"
POISONED = [0, 7, 250, 499]


def write_lines(path: Path, texts: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(text + "\n" for text in texts))
    return path


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def firehose_line(data: bytes, **other) -> str:
    return json.dumps(
        {
            "attemptsMade": 4,
            "arrivalTimestamp": archives.START_MS,
            "errorCode": "Splunk.ConnectionTimeout",
            "errorMessage": "The connection to Splunk timed out",
            "attemptEndingTimestamp": archives.START_MS + 60_000,
            "rawData": to_base64(data),
            **other,
        }
    )


def invocation(document: bytes) -> dict:
    return {"awslogs": {"data": to_base64(gzip.compress(document))}}


def on_failure(document: bytes) -> dict:
    return {
        "version": "1.0",
        "timestamp": "2024-01-31T12:00:00.000Z",
        "requestContext": {
            "requestId": "b1b1b1b1-0000-4000-8000-000000000000",
            "functionArn": "arn:aws:lambda:eu-west-1:1:function:hecate:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": invocation(document),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "a message with { and \" in it"},
    }  # fmt: skip


def piece(count: int, group: str) -> archives.Piece:
    return archives.cloudwatch(archives.many_lines(count), group, "stream", per_document=count)


def whole_object_letter() -> str:
    return json.dumps(
        {
            "reason": "bad_object",
            "detail": "gzip CRC mismatch in member 3 (byte 10422)",
            "attempts": 0,
            "origin": {"uri": "/archives/broken.gz", "etag": "1-2"},
            "time": 1706745600.123,
        }
    )


@pytest.fixture
def refused(hecate, fake_hec, tmp_path):
    """A backfill whose receiver refused some events: (corpus, the strict server, dead-letter files)."""
    lines = archives.many_lines(500)
    for number in POISONED:
        lines[number] = f'poison {number} "\\ä漢\U0001f600 \x01'
    corpus = archives.Corpus(tmp_path / "in")
    corpus.add("a.gz", archives.cloudwatch(lines, per_document=50), archives.gzip_member)
    strict = fake_hec(decide=fakes.refuse_events_with("poison"))
    run = hecate.backfill(corpus.folder, strict.url)
    assert run.exit_code == 1, run.explain()
    return corpus, strict, sorted(hecate.dead_letters.iterdir())


def test_own_dead_letters_arrive_byte_for_byte(hecate, refused, fake_hec):
    _, _, files = refused
    kept = [line.split('"event":', 1)[1][:-1] for file in files for line in hec_events.read_object_lines(file)]
    lenient = fake_hec()
    run = hecate.replay(hecate.dead_letters, lenient.url)
    assert run.exit_code == 0, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_delivered"] == len(POISONED) and run.summary["objects_done"] == len(files)
    assert sorted(lenient.indexed) == sorted(kept)


def test_archive_and_replay_together_are_everything_once(hecate, refused, fake_hec):
    corpus, strict, _ = refused
    lenient = fake_hec()
    assert hecate.replay(hecate.dead_letters, lenient.url).exit_code == 0
    hec_events.assert_all_arrived_once(corpus.events, strict.events() + lenient.events())


def test_replaying_twice_sends_nothing_twice(hecate, refused, fake_hec):
    lenient = fake_hec()
    assert hecate.replay(hecate.dead_letters, lenient.url).exit_code == 0
    again = hecate.replay(hecate.dead_letters, lenient.url)
    assert again.exit_code == 0 and again.summary["events_delivered"] == 0, again.explain()
    assert "--fresh" in again.stderr, "it says how to send them all the same"
    assert len(lenient.indexed) == len(POISONED)
    assert hecate.replay(hecate.dead_letters, lenient.url, "--fresh").summary["events_delivered"] == len(POISONED)


def test_a_replay_and_a_backfill_of_one_folder_are_two_jobs(hecate, refused, fake_hec):
    server = fake_hec()
    assert hecate.backfill(hecate.dead_letters, server.url).exit_code == 0
    assert hecate.replay(hecate.dead_letters, server.url).summary["events_delivered"] == len(POISONED)


def test_compressed_dead_letters_are_read_too(hecate, refused, fake_hec, tmp_path):
    _, _, files = refused
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(b"".join(file.read_bytes() for file in files)))
    server = fake_hec()
    assert hecate.replay(packed, server.url).exit_code == 0
    assert len(server.indexed) == len(POISONED)


def test_dead_letters_may_come_on_standard_input_and_go_to_standard_output(hecate, refused):
    _, _, files = refused
    run = hecate.replay("-", "-", stdin=files[0].read_bytes())
    assert run.exit_code == 0, run.explain()
    assert len(run.output_lines) == len(POISONED) == run.summary["events_delivered"]


def test_what_is_refused_again_is_a_dead_letter_again(hecate, refused, fake_hec):
    _, _, files = refused
    before = {file: file.read_bytes() for file in files}
    strict = fake_hec(decide=fakes.refuse_events_with("poison"))
    run = hecate.replay(hecate.dead_letters, strict.url)
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    first, second = hecate.dead_letter_records(), hecate.dead_letter_records(hecate.folder / "dead-again")
    events = [[hec_events.normalized(record["event"]) for record in records] for records in (first, second)]
    hec_events.assert_all_arrived_once(*events)
    assert {record["origin"]["uri"] for record in second} == {str(file) for file in files}
    assert {file: file.read_bytes() for file in files} == before


def test_a_replay_does_not_read_what_it_writes(hecate, refused, fake_hec):
    """Dead letters go to a folder that is listed late, when there are some already."""
    _, _, files = refused
    for number in range(200):
        (hecate.dead_letters / f"copy-{number:03}.ndjson").write_bytes(files[0].read_bytes())
    again = hecate.dead_letters / "zzz"
    again.mkdir()
    small = hecate.config("hec: {batch: {events: 10}}\n")
    strict = fake_hec(decide=fakes.refuse_events_with("poison"))
    run = hecate.replay(hecate.dead_letters, strict.url, "--config", small, "--workers", 1, again=again)
    assert run.exit_code == 1 and run.summary["objects_total"] == 201, run.explain()
    assert run.summary["events_dead_lettered"] == 201 * len(POISONED), run.explain()
    assert len(hecate.dead_letter_records(again)) == 201 * len(POISONED)
    lenient = fake_hec()
    later = hecate.replay(again, lenient.url)
    assert later.exit_code == 0 and len(lenient.indexed) == 201 * len(POISONED), later.explain()


def test_an_interrupted_replay_goes_on_where_it_was(hecate, fake_hec, tmp_path):
    dead = tmp_path / "dead"
    texts = [
        json.dumps({"reason": "hec_rejected", "origin": {"uri": "/a", "record": number}, "time": 1,
                    "event": {"event": f"event {number}", "fields": {"event_id": f"id{number:09}"}}})
        for number in range(3000)
    ]  # fmt: skip
    write_lines(dead / "own.ndjson", texts)
    whole = piece(1000, "/firehose")
    write_lines(dead / "firehose", [firehose_line(gzip.compress(whole.data))] * 2)
    server = fake_hec(delay_s=0.05)
    arguments = ["replay", str(dead), "--to", server.url, "--config", str(hecate.config(SMALL_REQUESTS)),
                 "--workers", "1", "--connections", "2", "--summary", "json"]  # fmt: skip
    for wanted in (10, 15):
        server.forget_requests()
        process = hecate.start(*arguments)
        server.wait_for_requests(wanted)
        process.send_signal(signal.SIGINT)
        assert hecate.finish(process, timeout_s=30).exit_code == 130
    sent = len(server.indexed)
    assert 0 < sent < 5000
    run = hecate.run(*arguments)
    assert run.exit_code == 0 and run.summary["events_delivered"] == 5000 - sent, run.explain()
    assert len(server.indexed) == 5000 and len(set(server.indexed)) == 4000


def test_firehose_records_go_through_the_configuration(hecate, fake_hec, tmp_path):
    pieces = [piece(20, "/prod/a"), piece(30, "/prod/b"), piece(5, "/prod/c")]
    lines = [firehose_line(gzip.compress(pieces[0].data)), "", firehose_line(gzip.compress(pieces[1].data)),
             firehose_line(pieces[2].data, lambdaArn="arn:aws:lambda:eu-west-1:1:function:x")]  # fmt: skip
    write_lines(tmp_path / "dead/splunk-failed/2024/01/31/00/stream-1", lines)
    server = fake_hec()
    run = hecate.replay(tmp_path / "dead", server.url)
    assert run.exit_code == 0, run.explain()
    hec_events.assert_all_arrived_once([event for one in pieces for event in one.events], server.events())
    config = hecate.config("rules: [{name: all, pattern: '.', action: drop}]\n")
    dropped = hecate.replay(tmp_path / "dead", server.url, "--config", config, "--fresh")
    assert dropped.exit_code == 0 and dropped.summary["events_filtered"] == 55, dropped.explain()


def test_hec_events_inside_firehose_records_are_sent_as_they_are(hecate, fake_hec, tmp_path):
    texts = [
        '{"time":1706745600.123,"event":"one \\u00e4","fields":{"event_id":"abc"}}',
        '{"event":{"a":[1,2.50,{}]},"host":"h","index":"i"}',
        '{ "event" : "three" }',
    ]
    separators = ["", "\n", " \r\n"]
    write_lines(tmp_path / "dead", [firehose_line(between.join(texts).encode()) for between in separators])
    server = fake_hec()
    run = hecate.replay(tmp_path / "dead", server.url)
    assert run.exit_code == 0, run.explain()
    assert sorted(server.indexed) == sorted(texts * 3)


def test_text_inside_firehose_records_has_the_same_ids_on_every_replay(hecate, fake_hec, tmp_path):
    write_lines(tmp_path / "dead", [firehose_line(b"first\nsecond\n")] * 2)
    got = []
    for _ in range(2):
        server = fake_hec()
        assert hecate.replay(tmp_path / "dead", server.url).exit_code == 0
        got.append(server.events())
    assert sorted(event["event"] for event in got[0]) == ["first", "first", "second", "second"]
    assert {event["time"] for event in got[0]} == {archives.seconds(archives.START_MS)}
    ids = [{hec_events.event_id(event) for event in events} for events in got]
    assert ids[0] == ids[1] and len(ids[0]) == 4


def test_full_ids_of_firehose_records_differ_too(hecate, fake_hec, tmp_path):
    write_lines(tmp_path / "dead", [firehose_line(b"first\nsecond\n")] * 2)
    server = fake_hec()
    assert hecate.replay(tmp_path / "dead", server.url, "--config", hecate.config("hec: {event_id: full}\n")).exit_code == 0
    assert len({hec_events.event_id(event) for event in server.events()}) == 4


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_failed_invocations_are_sent_under_cloudwatchs_own_ids(hecate, fake_hec, tmp_path, indent):
    pieces = [piece(3, f"/lambda/{number}") for number in range(5)]
    bodies = [
        on_failure(pieces[0].data),
        invocation(pieces[1].data),
        {"version": "0", "detail-type": "Lambda Function Invocation Result - Failure", "detail": on_failure(pieces[2].data)},
        on_failure(pieces[3].data),
    ]
    write_lines(tmp_path / "dead/several.json", [json.dumps(body, indent=indent) for body in bodies])
    write_lines(tmp_path / "dead/alone.json", [json.dumps(on_failure(pieces[4].data), indent=indent)])
    server = fake_hec()
    run = hecate.replay(tmp_path / "dead", server.url)
    assert run.exit_code == 0, run.explain()
    hec_events.assert_all_arrived_once([event for one in pieces for event in one.events], server.events())


def test_a_mixed_folder_and_a_mixed_file_are_told_apart_by_content(hecate, refused, fake_hec):
    corpus, strict, files = refused
    firehose, function = piece(10, "/firehose"), piece(10, "/lambda")
    lines = hec_events.read_object_lines(files[0])
    mixed = [lines[0], json.dumps(on_failure(function.data), indent=1), *lines[1:3],
             firehose_line(gzip.compress(firehose.data)), *lines[3:]]  # fmt: skip
    files[0].unlink()
    write_lines(hecate.dead_letters / "mixed.txt", mixed)
    lenient = fake_hec()
    run = hecate.replay(hecate.dead_letters, lenient.url)
    assert run.exit_code == 0, run.explain()
    hec_events.assert_all_arrived_once(
        corpus.events + firehose.events + function.events, strict.events() + lenient.events()
    )


def test_broken_lines_are_named_and_the_rest_arrives(hecate, refused, fake_hec):
    _, _, files = refused
    lines = hec_events.read_object_lines(files[0])
    write_lines(files[0], [
        lines[0], lines[1][: len(lines[1]) // 2],  # 2: cut in the middle
        lines[1], f"this is no JSON at all {CANARY}",  # 4
        lines[2], json.dumps({"level": "info", "message": CANARY}),  # 6: some log
        firehose_line(b"").replace('"rawData": ""', f'"rawData": "{CANARY}!"'),  # 7: no base64
        firehose_line(gzip.compress(piece(10, "/x").data)[:-20]),  # 8: cut gzip
        json.dumps({**on_failure(b""), "requestPayload": {"Records": [CANARY]}}),  # 9: not CloudWatch's
        lines[3],
    ])  # fmt: skip
    server = fake_hec()
    run = hecate.replay(hecate.dead_letters, server.url)
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    assert {text for text in server.indexed if "poison" in text} == {
        line.split('"event":', 1)[1][:-1] for line in lines
    }  # fmt: skip
    for line in (2, 4, 6, 7, 8, 9):
        assert f"{files[0]}:{line}: " in run.stderr, run.stderr
    for line in (1, 3, 5, 10):
        assert f"{files[0]}:{line}: " not in run.stderr, run.stderr
    assert CANARY not in run.stderr and CANARY.encode() not in run.stdout
    records = hecate.dead_letter_records(hecate.folder / "dead-again")
    assert [record["origin"]["uri"] for record in records] == [str(files[0])]
    assert records[0]["reason"] == "bad_document" and "line 2" in records[0]["detail"]


def test_whole_objects_are_named_and_the_rest_arrives(hecate, refused, fake_hec):
    _, _, files = refused
    with files[0].open("a") as file:
        file.write(whole_object_letter() + "\n")
    server = fake_hec()
    run = hecate.replay(files[0], server.url)
    assert run.exit_code == 1 and len(server.indexed) == len(POISONED), run.explain()
    assert "/archives/broken.gz" in run.stderr and "backfill" in run.stderr, run.stderr


def test_many_broken_lines_do_not_flood_the_terminal(hecate, fake_hec, tmp_path):
    write_lines(tmp_path / "dead", [whole_object_letter()] * 500)
    run = hecate.replay(tmp_path / "dead", "null:")
    assert run.exit_code == 1 and "500 of its 500" in run.stderr, run.stderr
    assert len(run.stderr.splitlines()) < 40


def test_a_file_that_holds_no_dead_letters_is_no_success(hecate, tmp_path):
    archives.Corpus(tmp_path / "dead").add("a.log", archives.text(["some log", "{and another"]))
    write_lines(tmp_path / "dead/empty", [])
    run = hecate.replay(tmp_path / "dead", "null:")
    assert run.exit_code == 1 and "no dead letters" in run.stderr and "a.log" in run.stderr, run.explain()
    assert run.summary["objects_done"] == 1 and run.summary["objects_failed"] == 1


def test_an_archive_is_sent_to_backfill(hecate, tmp_path):
    archives.Corpus(tmp_path / "in").add("a.json", piece(3, "/g"))
    run = hecate.replay(tmp_path / "in", "null:")
    assert run.exit_code == 1 and "hecate backfill" in run.stderr, run.explain()


WRONG = {
    "no source": ["replay", "--to", "null:"],
    "no destination": ["replay", "DEAD"],
    "no such file": ["replay", "no-such", "--to", "null:"],
    "an unknown option": ["replay", "DEAD", "--to", "null:", "--colour", "blue"],
    "an option of backfill alone": ["replay", "DEAD", "--to", "null:", "--shard", "0/2"],
    "a token": ["replay", "DEAD", "--to", "null:", "--token", "secret"],
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_usage_exits_2_and_says_why(hecate, tmp_path, what):
    dead = write_lines(tmp_path / "dead", [whole_object_letter()])
    run = hecate.run(*[str(dead) if word == "DEAD" else word for word in WRONG[what]])
    assert run.exit_code == 2 and run.stderr.strip() and not run.stdout.strip(), run.explain()


def test_a_destination_that_is_down_leaves_the_work_for_the_next_replay(hecate, refused, fake_hec):
    config = hecate.config("hec:\n  retry: {attempts: 2, base_ms: 1, cap_ms: 5, budget_s: 1}\n")
    server = fake_hec([fakes.BUSY] * 1000)
    run = hecate.replay(hecate.dead_letters, server.url, "--config", config)
    assert run.exit_code == 3 and server.indexed == [], run.explain()
    healed = fake_hec(later=True, port=int(server.url.rsplit(":", 1)[1]))
    server.stop()
    healed.start()
    assert hecate.replay(hecate.dead_letters, healed.url, "--config", config).exit_code == 0
    assert len(healed.indexed) == len(POISONED)


def test_the_token_is_not_repeated(hecate, refused, fake_hec):
    run = hecate.replay(hecate.dead_letters, fake_hec(token="another").url)
    assert run.exit_code == 3 and TOKEN not in run.stderr, run.explain()
