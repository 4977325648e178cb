"""Broken objects cost themselves and nothing else: the rest arrives, and somebody is told.

Each bad object lies among good ones. Exit status 1, a dead letter that names the object, a message
on standard error that does too, and no payload in it.
"""

from __future__ import annotations

import os
import random
import shutil

import pytest

import corpus as archives
import events as hec_events
from harness import Run, assert_counts_add_up, assert_delivered

CANARY = "payload-canary-c0ffee"


def good_corpus(folder) -> archives.Corpus:
    corpus = archives.build_many_objects(folder, objects=4, events_each=50)
    corpus.add("text/plain.log", archives.text(archives.many_lines(50)))
    return corpus


def cloudwatch_piece(count: int = 2000) -> archives.Piece:
    lines = [f"{line} {CANARY}" for line in archives.many_lines(count, seed=99)]
    return archives.cloudwatch(lines, "/prod/broken", "broken-stream", per_document=20)


def backfill_with_bad_object(hecate, corpus) -> tuple[Run, list[dict]]:
    out = hecate.folder / "out"
    run = hecate.backfill(corpus.folder, f"file:{out}", "--workers", "2")
    return run, hec_events.read_events(out)


def assert_only_the_bad_object_suffers(hecate, run: Run, good, bad_events, got, bad_path) -> int:
    """Returns how many events of the bad object were delivered."""
    assert run.exit_code == 1, run.explain()
    assert_counts_add_up(run)
    assert run.summary["objects_failed"] == 1, run.explain()
    assert run.summary["events_delivered"] == len(got)
    comparison = hec_events.Comparison(good.events + bad_events, got)
    assert not comparison.invented and not comparison.doubled and not comparison.wrong_ids, comparison.describe()
    assert not hec_events.Comparison(good.events, got).lost, "a good object lost events"
    assert bad_path.name in run.stderr, f"the message names the object: {run.stderr[-2000:]}"
    assert CANARY not in run.stderr and CANARY.encode() not in run.stdout
    records = [record for record in hecate.dead_letter_records() if record["reason"] in ("bad_object", "bad_document")]
    assert [record["origin"]["uri"] for record in records] == [str(bad_path)], records
    assert records[0].get("detail"), "a dead letter says why"
    return len(got) - len(good.events)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_gzip_gives_what_was_readable(hecate, tmp_path, kept):
    corpus = good_corpus(tmp_path / "in")
    piece = cloudwatch_piece()
    path = corpus.folder / "2024/truncated.gz"
    whole = archives.gzip_member(piece.data)
    path.write_bytes(whole[: int(len(whole) * kept)])
    run, got = backfill_with_bad_object(hecate, corpus)
    delivered = assert_only_the_bad_object_suffers(hecate, run, corpus, piece.events, got, path)
    assert 0 <= delivered < len(piece.events)


def test_the_members_before_a_corrupt_checksum_are_delivered(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    streams = [archives.cloudwatch(archives.many_lines(300, number), stream=f"m{number}") for number in range(3)]
    members = [archives.gzip_member(piece.data) for piece in streams]
    members[1] = members[1][:-8] + bytes([members[1][-8] ^ 1]) + members[1][-7:]
    path = corpus.folder / "corrupt.gz"
    path.write_bytes(b"".join(members))
    run, got = backfill_with_bad_object(hecate, corpus)
    events = [event for piece in streams for event in piece.events]
    assert_only_the_bad_object_suffers(hecate, run, corpus, events, got, path)
    assert not hec_events.Comparison(streams[0].events, got).lost, "the first member was fine"
    assert "CRC" in run.stderr and "member 2" in run.stderr, run.stderr


def test_a_wrong_length_in_the_trailer_is_noticed(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    piece = cloudwatch_piece(100)
    whole = archives.gzip_member(piece.data)
    path = corpus.folder / "length.gz"
    path.write_bytes(whole[:-4] + bytes([whole[-4] ^ 1]) + whole[-3:])
    run, got = backfill_with_bad_object(hecate, corpus)
    assert_only_the_bad_object_suffers(hecate, run, corpus, piece.events, got, path)


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_bit_in_the_compressed_data_is_noticed(hecate, tmp_path, seed):
    corpus = good_corpus(tmp_path / "in")
    piece = cloudwatch_piece()
    whole = bytearray(archives.gzip_member(piece.data))
    position = random.Random(seed).randrange(20, len(whole) - 8)
    whole[position] ^= 1 << (seed % 8)
    path = corpus.folder / "flipped.gz"
    path.write_bytes(whole)
    run, got = backfill_with_bad_object(hecate, corpus)
    # Wrong bytes may have reached the parser before the checksum told; the good objects may not suffer.
    assert run.exit_code == 1, f"byte {position}: {run.explain()}"
    assert_counts_add_up(run)
    assert path.name in run.stderr and CANARY not in run.stderr
    assert not hec_events.Comparison(corpus.events, got).lost


def test_a_broken_document_does_not_cost_those_before_it(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    before = archives.cloudwatch([f"before {CANARY}"], stream="before")
    path = corpus.folder / "broken.json"
    path.write_bytes(before.data + b'{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","timest')
    run, got = backfill_with_bad_object(hecate, corpus)
    delivered = assert_only_the_bad_object_suffers(hecate, run, corpus, before.events, got, path)
    assert delivered == 1


def run_without_root_powers() -> list[str] | None:
    """Root reads everything; without these capabilities it is refused like anybody else."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        return None
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]


def test_an_unreadable_file_costs_only_itself(hecate, tmp_path):
    prefix = run_without_root_powers()
    if prefix is None:
        pytest.skip("root cannot be refused a file here: setpriv is missing")
    corpus = good_corpus(tmp_path / "in")
    path = corpus.folder / "secret.log"
    path.write_text(f"nobody reads this {CANARY}\n")
    path.chmod(0)
    out = hecate.folder / "out"
    run = hecate.backfill(corpus.folder, f"file:{out}", prefix=prefix)
    got = hec_events.read_events(out)
    assert assert_only_the_bad_object_suffers(hecate, run, corpus, [], got, path) == 0


def test_empty_objects_are_fine_and_yield_nothing(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    for name, data in {
        "empty.log": b"",
        "empty.gz": b"",
        "empty-member.gz": archives.gzip_member(b""),
        "empty-members.gz": archives.gzip_member(b"") * 100,
        "empty-twice.gz": archives.gzip_member(archives.gzip_member(b"")),
    }.items():
        corpus.add(f"nothing/{name}", archives.Piece(data))
    run, got = backfill_with_bad_object(hecate, corpus)
    assert_delivered(run, corpus)
    assert run.summary["objects_done"] == corpus.objects
    hec_events.assert_all_arrived_once(corpus.events, got)
    assert hecate.dead_letter_records() == []


@pytest.mark.parametrize("seed", range(4))
def test_binary_garbage_is_accounted_for_and_harms_nobody(hecate, tmp_path, seed):
    corpus = good_corpus(tmp_path / "in")
    random_ = random.Random(seed)
    magic = [b"", b"{", b"2024-01-31T23:59:59.123Z ", b'{"Records":['][seed]
    path = corpus.folder / "garbage.bin"
    path.write_bytes(magic + random_.randbytes(200_000))
    run, got = backfill_with_bad_object(hecate, corpus)
    assert run.exit_code in (0, 1), run.explain()
    assert_counts_add_up(run)
    assert not hec_events.Comparison(corpus.events, got).lost
    hec_events.assert_ids_are_sound(got)


def test_a_gzip_header_before_garbage_is_a_bad_object(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    path = corpus.folder / "liar.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + random.Random(1).randbytes(5000))
    run, got = backfill_with_bad_object(hecate, corpus)
    assert run.exit_code == 1 and path.name in run.stderr, run.explain()
    assert_counts_add_up(run)
    assert not hec_events.Comparison(corpus.events, got).lost


def test_many_bad_objects_are_each_named(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    whole = archives.gzip_member(cloudwatch_piece(200).data)
    names = [f"bad-{number}.gz" for number in range(7)]
    for name in names:
        (corpus.folder / name).write_bytes(whole[:-9])
    run, _ = backfill_with_bad_object(hecate, corpus)
    assert run.exit_code == 1 and run.summary["objects_failed"] == len(names), run.explain()
    assert {record["origin"]["uri"].rsplit("/", 1)[1] for record in hecate.dead_letter_records()} == set(names)


@pytest.mark.parametrize("with_good_ones", [False, True])
def test_a_path_that_does_not_exist_is_wrong_usage(hecate, fake_hec, tmp_path, with_good_ones):
    corpus = good_corpus(tmp_path / "in")
    server = fake_hec()
    sources = [corpus.folder] if with_good_ones else []
    run = hecate.backfill([*sources, tmp_path / "no-such-folder"], server.url)
    assert run.exit_code == 2, run.explain()
    assert "no-such-folder" in run.stderr and server.requests == []


def test_dead_letters_that_cannot_be_written_stop_the_run(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    (corpus.folder / "bad.gz").write_bytes(archives.gzip_member(cloudwatch_piece(200).data)[:-9])
    hecate.dead_letters = hecate.folder / "a-file" / "below-it"
    (hecate.folder / "a-file").write_text("in the way")
    run, _ = backfill_with_bad_object(hecate, corpus)
    assert run.exit_code in (2, 3), run.explain()
    assert "a-file" in run.stderr


def test_a_bad_object_is_not_sent_twice_by_the_next_run(hecate, tmp_path):
    corpus = good_corpus(tmp_path / "in")
    piece = cloudwatch_piece(200)
    (corpus.folder / "bad.gz").write_bytes(archives.gzip_member(piece.data)[:-9])
    _, first = backfill_with_bad_object(hecate, corpus)
    _, second = backfill_with_bad_object(hecate, corpus)
    assert len(first) == len(second), "the second run added to the file"
