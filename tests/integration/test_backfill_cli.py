"""The command line: what is refused, what is printed, where input may come from and output may go."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

import corpus as archives
import events as hec_events
from fake_hec import WRONG_TOKEN
from harness import SMALL_REQUESTS, SUMMARY_KEYS, TOKEN, assert_delivered
from support import free_port

COMMANDS = ["backfill", "status", "replay", "receive", "generate", "validate"]


@pytest.fixture
def small(tmp_path) -> archives.Corpus:
    return archives.build_many_objects(tmp_path / "in", objects=6, events_each=20)


WRONG = {
    "no command": [],
    "an unknown command": ["backfil"],
    "no source": ["backfill", "--to", "null:"],
    "no destination": ["backfill", "IN"],
    "an unknown option": ["backfill", "IN", "--to", "null:", "--colour", "blue"],
    "an unknown scheme": ["backfill", "IN", "--to", "ftp://127.0.0.1/"],
    "no worker": ["backfill", "IN", "--to", "null:", "--workers", "0"],
    "workers in words": ["backfill", "IN", "--to", "null:", "--workers", "two"],
    "a shard out of range": ["backfill", "IN", "--to", "null:", "--shard", "3/3"],
    "a shard in words": ["backfill", "IN", "--to", "null:", "--shard", "first"],
    "an unknown format": ["backfill", "IN", "--to", "null:", "--format", "csv"],
    "an unknown gzip mode": ["backfill", "IN", "--to", "null:", "--gzip", "perhaps"],
    "an unknown time": ["backfill", "IN", "--to", "null:", "--since", "lunch"],
    "an unknown rate": ["backfill", "IN", "--to", "null:", "--rate", "fast"],
    "a missing configuration": ["backfill", "IN", "--to", "null:", "--config", "no-such.yaml"],
    "a missing token file": ["backfill", "IN", "--to", "http://127.0.0.1:9", "--token-file", "no-such-token"],
    "a missing list": ["backfill", "@no-such-list.txt", "--to", "null:"],
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_usage_exits_2_and_says_why(hecate, small, what):
    arguments = [str(small.folder) if word == "IN" else word for word in WRONG[what]]
    run = hecate.run(*arguments)
    assert run.exit_code == 2, run.explain()
    assert run.stderr.strip() and not run.stdout.strip(), run.explain()


def test_a_configuration_with_mistakes_exits_2_and_names_every_place(hecate, small):
    config = hecate.config("hec:\n  event: shouted\n  colour: blue\nrules: 7\n")
    run = hecate.backfill(small.folder, "null:", "--config", config)
    assert run.exit_code == 2, run.explain()
    for line in ("2", "3", "4"):
        assert re.search(rf"hecate\.yaml:{line}:\d+", run.stderr), run.stderr


def test_http_without_a_token_exits_2_before_anything_is_read(hecate, fake_hec, small):
    server = fake_hec()
    run = hecate.backfill(small.folder, server.url, env={"SPLUNK_HEC_TOKEN": None})
    assert run.exit_code == 2 and "SPLUNK_HEC_TOKEN" in run.stderr, run.explain()
    assert server.requests == []


def test_help_names_every_command(hecate):
    run = hecate.run("--help")
    assert run.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", run.stdout.decode()), f"{command} is not in --help"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_doing_anything(hecate, command):
    run = hecate.run(command, "--help", env={"SPLUNK_HEC_TOKEN": None})
    assert run.exit_code == 0 and len(run.stdout) > 40, run.explain()


def test_backfill_help_names_every_option(hecate):
    text = hecate.run("backfill", "--help").stdout.decode()
    for option in (
        "to config format checkpoint fresh workers connections rate since until include exclude path-time shard ack "
        "gzip dead-letter progress summary token-file ca-file cert key insecure"
    ).split():
        assert f"--{option}" in text, f"--{option} is not in backfill --help"


def test_version_prints_one_line(hecate):
    run = hecate.run("--version")
    assert run.exit_code == 0 and re.fullmatch(r"hecate \d+\.\d+\.\d+\S*\n", run.stdout.decode()), run.explain()


@pytest.mark.parametrize("name", list(archives.FORMATS))
def test_the_counts_of_a_summary_add_up(hecate, corpora, name):
    corpus = corpora(name)
    run = hecate.backfill(corpus.folder, "null:")
    assert_delivered(run, corpus)
    assert set(run.summary) >= SUMMARY_KEYS
    summary = run.summary
    accounted = summary["objects_done"] + summary["objects_skipped"] + summary["objects_failed"]
    assert summary["objects_total"] == accounted, run.explain()
    assert summary["bytes_uncompressed"] >= summary["bytes_compressed"] / 2 > 0
    assert summary["seconds"] >= 0


def test_null_measures_without_a_network(hecate, small):
    run = hecate.backfill(small.folder, "null:", env={"SPLUNK_HEC_TOKEN": None})
    assert_delivered(run, small)
    assert run.summary["bytes_posted"] == 0


def test_a_text_summary_goes_to_people_and_is_no_json(hecate, small):
    run = hecate.run("backfill", small.folder, "--to", "null:", "--summary", "text", "--progress", "never")
    assert run.exit_code == 0 and run.summary == {}
    assert str(len(small.events)) in re.sub(r"[,'_ ](?=\d{3})", "", run.stdout.decode() + run.stderr)


@pytest.mark.parametrize("wrap", ["plain", "gzip.gz", "three-layers.gz.gz.gz"])
def test_standard_input_is_a_source_like_any_other(hecate, wrap):
    piece = archives.cloudwatch(archives.lines_for_json_documents())
    out = hecate.folder / "out"
    run = hecate.backfill("-", f"file:{out}", stdin=archives.wrappers()[wrap](piece.data))
    assert run.exit_code == 0, run.explain()
    hec_events.assert_all_arrived_once(piece.events, hec_events.read_events(out))
    assert not list(hecate.folder.glob("state/**/*.*")), "a run on standard input keeps no checkpoint"


def test_standard_output_gets_the_events_and_then_the_summary(hecate, small):
    run = hecate.backfill(small.folder, "-")
    assert_delivered(run, small)
    got = [hec_events.parse_event(line.decode()) for line in run.output_lines]
    hec_events.assert_all_arrived_once(small.events, got)


def test_a_reader_of_standard_output_that_goes_away_ends_the_run(hecate, corpora):
    arguments = hecate.backfill_arguments(corpora("many").folder, "-")
    process = subprocess.Popen([hecate.binary, *arguments], env=hecate.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 3, stderr


def test_a_list_names_sources_one_a_line(hecate, small):
    files = sorted(path for path in small.folder.rglob("*") if path.is_file())
    listing = hecate.folder / "list.txt"
    listing.write_text("".join(f"{path}\n" for path in files))
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(f"@{listing}", f"file:{out}"), small)
    hec_events.assert_all_arrived_once(small.events, hec_events.read_events(out))


def test_a_glob_is_expanded_by_hecate_itself(hecate, small):
    out = hecate.folder / "out"
    assert_delivered(hecate.backfill(small.folder / "2024" / "01" / "31" / "*" / "part-*.gz", f"file:{out}"), small)
    hec_events.assert_all_arrived_once(small.events, hec_events.read_events(out))


def test_a_relative_path_means_the_same_as_an_absolute_one(hecate, small):
    out = hecate.folder / "out"
    relative = os.path.relpath(small.folder, hecate.folder)
    assert_delivered(hecate.backfill(relative, f"file:{out}"), small)
    hec_events.assert_all_arrived_once(small.events, hec_events.read_events(out))


def test_several_sources_and_single_files_may_be_given(hecate, tmp_path, small):
    other = archives.Corpus(tmp_path / "other")
    path = other.add("one.log", archives.text(["a single file"]))
    out = hecate.folder / "out"
    run = hecate.backfill([small.folder, path], f"file:{out}")
    assert run.exit_code == 0 and run.summary["objects_total"] == small.objects + 1, run.explain()
    hec_events.assert_all_arrived_once(small.events + other.events, hec_events.read_events(out))


def test_shards_divide_the_objects_among_them(hecate, small):
    got, objects = [], []
    for shard in range(3):
        out = hecate.folder / f"out{shard}"
        run = hecate.backfill(small.folder, f"file:{out}", "--shard", f"{shard}/3")
        assert run.exit_code == 0, run.explain()
        got += hec_events.read_events(out)
        objects.append(run.summary["objects_done"])
    assert sum(objects) == small.objects
    hec_events.assert_all_arrived_once(small.events, got)


def test_include_and_exclude_choose_objects_by_name(hecate, small):
    out = hecate.folder / "out"
    run = hecate.backfill(small.folder, f"file:{out}", "--include", "*part-0000[0-3]*", "--exclude", "*part-00001*")
    assert run.exit_code == 0, run.explain()
    streams = {event["host"] for event in hec_events.read_events(out)}
    assert streams == {"stream-00000", "stream-00002", "stream-00003"}


def test_since_and_until_compare_the_modification_time(hecate, small):
    files = sorted(path for path in small.folder.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        os.utime(path, (1_700_000_000 + 86_400 * number,) * 2)
    out = hecate.folder / "out"
    run = hecate.backfill(
        small.folder, f"file:{out}", "--since", "2023-11-15T00:00:00Z", "--until", "2023-11-18T00:00:00Z"
    )
    assert run.exit_code == 0, run.explain()
    streams = {event["host"] for event in hec_events.read_events(out)}
    assert streams == {"stream-00001", "stream-00002", "stream-00003"}


def test_several_endpoints_share_the_work(hecate, fake_hec, corpora):
    corpus = corpora("many")
    servers = [fake_hec(delay_s=0.005), fake_hec(delay_s=0.005)]
    run = hecate.backfill(
        corpus.folder, servers[0].url, "--to", servers[1].url, "--config", hecate.config(SMALL_REQUESTS)
    )
    assert_delivered(run, corpus)
    hec_events.assert_all_arrived_once(corpus.events, servers[0].events() + servers[1].events())
    assert all(server.requests for server in servers)


def test_the_token_is_not_accepted_on_the_command_line(hecate, fake_hec, small):
    server = fake_hec()
    for arguments in (["--token", TOKEN], [f"--token={TOKEN}"], [f"--hec-token={TOKEN}"]):
        run = hecate.backfill(small.folder, server.url, *arguments, env={"SPLUNK_HEC_TOKEN": None})
        assert run.exit_code == 2, run.explain()
        assert TOKEN not in run.stderr and TOKEN.encode() not in run.stdout, "a refused token is not repeated"
    assert server.requests == []


def test_a_token_may_come_from_a_file(hecate, fake_hec, small):
    server = fake_hec(token="from-the-file")
    token_file = hecate.folder / "token"
    token_file.write_text("from-the-file\n")
    run = hecate.backfill(small.folder, server.url, "--token-file", token_file)
    assert_delivered(run, small)


def test_the_token_is_written_nowhere(hecate, fake_hec, small):
    (small.folder / "bad.gz").write_bytes(archives.gzip_member(b"x" * 1000)[:-5])
    runs = [
        hecate.backfill(small.folder, fake_hec(token=TOKEN).url),
        hecate.backfill(small.folder, fake_hec([WRONG_TOKEN] * 1000).url),
        hecate.backfill(
            small.folder,
            f"http://127.0.0.1:{free_port()}",
            "--config",
            hecate.config("hec:\n  retry: {attempts: 2, base_ms: 1, cap_ms: 5, budget_s: 1}\n"),
        ),
    ]
    assert [run.exit_code for run in runs] == [1, 3, 3], [run.explain() for run in runs]
    for run in runs:
        assert TOKEN not in run.stderr and TOKEN.encode() not in run.stdout
    for path in hecate.folder.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), f"the token is in {path.name}"


def test_credentials_in_a_destination_are_not_repeated(hecate, small):
    run = hecate.backfill(small.folder, "http://user:hunter2-canary@127.0.0.1:9/")
    assert run.exit_code == 2 and "hunter2-canary" not in run.stderr, run.explain()


