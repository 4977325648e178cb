"""`hecate status`: what a checkpoint holds, as text and as JSON, for sound and for damaged files."""

from __future__ import annotations

import json

import pytest

import corpus as archives
import fake_hec as fakes

GIVES_UP_SOON = """
hec:
  batch: {bytes: 100000, events: 100, wait_ms: 50}
  retry: {attempts: 2, base_ms: 1, cap_ms: 5, budget_s: 1}
"""


@pytest.fixture
def checkpoint(hecate):
    return hecate.folder / "my.checkpoint"


def status(hecate, checkpoint, *options) -> dict:
    run = hecate.run("status", checkpoint, "--summary", "json", *options)
    assert run.exit_code == 0 and run.stdout.count(b"\n") == 1, run.explain()
    return json.loads(run.stdout)


def test_a_finished_backfill_is_all_done(hecate, checkpoint, tmp_path):
    corpus = archives.build_many_objects(tmp_path / "in", objects=3, events_each=20)
    (corpus.folder / "broken.gz").write_bytes(archives.gzip_member(b"")[:-5])
    out = hecate.folder / "out"
    assert hecate.backfill(corpus.folder, f"file:{out}", "--checkpoint", checkpoint).exit_code == 1
    holds = status(hecate, checkpoint)
    assert holds["command"] == "backfill" and holds["runs"] == 1
    assert holds["sources"] == [str(corpus.folder)] and holds["destinations"] == [f"file:{out}"]
    counts = {name: holds[f"objects_{name}"] for name in ("done", "partial", "failed", "unread")}
    assert counts == {"done": 3, "partial": 0, "failed": 1, "unread": 0}
    assert holds["events_delivered"] == 60 and holds["dead_letters_open"] == 0
    assert holds["created"] <= holds["run_begun"] <= holds["run_finished"]
    assert [error["uri"] for error in holds["last_errors"]] == [str(corpus.folder / "broken.gz")]
    assert "cut off" in holds["last_errors"][0]["error"] and "objects" not in holds
    everything = status(hecate, checkpoint, "--all")["objects"]
    assert len(everything) == 4 and [one["uri"] for one in everything] == sorted(one["uri"] for one in everything)


def test_the_text_says_the_same_to_people(hecate, checkpoint, tmp_path):
    corpus = archives.build_many_objects(tmp_path / "in", objects=3, events_each=20)
    (corpus.folder / "broken\x1b[31m.gz").write_bytes(archives.gzip_member(b"")[:-5])
    hecate.backfill(corpus.folder, f"file:{hecate.folder / 'out'}", "--checkpoint", checkpoint)
    for options in ([], ["--all"]):
        run = hecate.run("status", checkpoint, *options)
        text = run.stdout.decode()
        assert run.exit_code == 0 and "3 done, 0 partial, 1 failed" in text and "60 delivered" in text, run.explain()
        assert "broken" in text and "cut off" in text and "\x1b" not in text
    assert text.count("part-0") == 3


def test_work_that_is_left_shows_as_partial(hecate, checkpoint, fake_hec, tmp_path):
    corpus = archives.build_many_objects(tmp_path / "in", objects=1, events_each=1000)
    server = fake_hec([fakes.OK] * 3 + [fakes.BUSY] * 100)
    run = hecate.backfill(corpus.folder, server.url, "--checkpoint", checkpoint, "--connections", "1",
                          "--config", hecate.config(GIVES_UP_SOON))  # fmt: skip
    assert run.exit_code == 3, run.explain()
    holds = status(hecate, checkpoint)
    assert holds["objects_partial"] == 1 and holds["objects_done"] == 0 and holds["run_finished"] is None
    assert holds["records_settled"] == holds["events_delivered"] == len(server.indexed) == 300
    assert "goes on" in hecate.run("status", checkpoint).stdout.decode()


def test_a_replay_is_named_as_one(hecate, checkpoint, tmp_path):
    dead = tmp_path / "dead.ndjson"
    dead.write_text('{"reason":"too_large","origin":{"uri":"/a","record":1},"time":1,"event":{"event":"x"}}\n')
    out = hecate.folder / "out"
    assert hecate.replay(dead, f"file:{out}", "--checkpoint", checkpoint).exit_code == 0
    holds = status(hecate, checkpoint)
    assert holds["command"] == "replay" and holds["sources"] == [str(dead)] and holds["events_delivered"] == 1
    assert out.read_text() == '{"event":"x"}\n'
    wrong = hecate.backfill(dead, f"file:{out}", "--checkpoint", checkpoint)
    assert wrong.exit_code in (2, 3) and "another job" in wrong.stderr, wrong.explain()


def test_a_file_that_is_not_there_exits_2(hecate, checkpoint):
    for path in (checkpoint, hecate.folder / "no/such/folder"):
        run = hecate.run("status", path)
        assert run.exit_code == 2 and str(path) in run.stderr and not run.stdout, run.explain()
    assert not checkpoint.exists(), "looking does not create"
    assert hecate.run("status").exit_code == 2
    assert hecate.run("status", checkpoint, "--summary", "xml").exit_code == 2


@pytest.mark.parametrize("damage", ["empty", "foreign", "cut", "flipped"])
def test_a_damaged_file_exits_3_and_says_what_to_do(hecate, checkpoint, tmp_path, damage):
    corpus = archives.build_many_objects(tmp_path / "in", objects=3, events_each=20)
    hecate.backfill(corpus.folder, f"file:{hecate.folder / 'out'}", "--checkpoint", checkpoint)
    whole = checkpoint.read_bytes()
    place = whole.index(b"part-00001.gz") + 8
    checkpoint.write_bytes({
        "empty": b"",
        "foreign": b"this is no checkpoint\n" * 100,
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
    }[damage])  # fmt: skip
    run = hecate.run("status", checkpoint)
    assert run.exit_code == 3 and str(checkpoint) in run.stderr and not run.stdout, run.explain()
    assert "--fresh" in run.stderr or "--checkpoint" in run.stderr, run.stderr
