"""What a run that was cut may and may not have done, judged at the destination.

    lost      an event that neither arrived nor lies among the dead letters
    invented  an event that nobody sent (an altered one counts as lost and as invented)
    doubled   a copy: allowed within a bound, and only under the event_id of the first

The expectation comes from the corpus, the evidence from what the destination kept and from the dead
letters on disk; no counter of hecate's own is believed. The bound on copies is the caller's: only it
knows how often a run was cut, and what was in flight then.
"""

from __future__ import annotations

import copy
import json
import os
import random
from pathlib import Path

import corpus as archives
import events as hec_events

POISON = "poison"
POISON_INDEX = "forbidden"
# Poison is refused by the receiver for its index, as a real Splunk would; everything else is allowed.
POISON_RULE = f"""
rules:
  - {{name: {POISON}, pattern: '^{POISON} ', set: {{index: {POISON_INDEX}}}}}
"""
RECEIVER_ALLOWS = ("--index", "main")


def new_seed() -> int:
    """HECATE_SEED repeats an earlier run; otherwise every run differs. Print it."""
    return int(os.environ.get("HECATE_SEED") or random.SystemRandom().randrange(1, 2**31))


def with_poison(lines: list[str], seed: int, share: float) -> list[str]:
    random_ = random.Random(seed)
    return [f"{POISON} {line}" if random_.random() < share else line for line in lines]


def is_poison(event: dict) -> bool:
    return isinstance(event["event"], str) and event["event"].startswith(f"{POISON} ")


def split_poison(expected: list[dict]) -> tuple[list[dict], list[dict]]:
    """The events that must arrive, and those that must be dead letters, as the rule sends them."""
    good = [event for event in expected if not is_poison(event)]
    poison = [{**copy.copy(event), "index": POISON_INDEX} for event in expected if is_poison(event)]
    return good, poison


def poisoned_corpus(folder: Path, objects: int, events_each: int, share: float, seed: int) -> archives.Corpus:
    corpus = archives.Corpus(folder)
    for number in range(objects):
        lines = with_poison(archives.many_lines(events_each, seed=number), seed + number, share)
        piece = archives.cloudwatch(lines, "/prod/orders", f"stream-{number:05d}", per_document=100)
        corpus.add(f"2024/01/31/part-{number:05d}.gz", piece, archives.gzip_member)
    return corpus


def mixed_corpus(folder: Path, events_each: int) -> archives.Corpus:
    """Every format and several packings: to resume inside an object differs from format to format."""
    corpus = archives.Corpus(folder)
    lines = archives.many_lines(events_each)
    short = [line for line in archives.invented_lines() if len(line) < 5000]
    corpus.add("text/a.gz", archives.text(lines), archives.gzip_members)
    corpus.add("text/b.log", archives.text(lines + short, "\r\n"))
    corpus.add("text/c.gz", archives.text(lines), lambda data: archives.gzip_member(archives.gzip_members(data)))
    corpus.add("export/stream-a/000000.gz", archives.cloudwatch_export(lines + short), archives.gzip_tiny_members)
    corpus.add("trail/a.json.gz", archives.cloudtrail(events_each), archives.gzip_member)
    corpus.add("trail/b.json", archives.cloudtrail(events_each // 2, indent=2))
    for number, style in enumerate(archives.STYLES.values()):
        piece = archives.cloudwatch(lines + short, "/prod/mixed", f"stream-{number}", style, per_document=17)
        corpus.add(f"cloudwatch/{number}.gz", piece, archives.gzip_members)
    return corpus


def dead_letters(folder: Path) -> list[dict]:
    """All whole records, their times as they were written. A last line that a kill cut short was
    never promised to anybody."""
    records = []
    for path in sorted(folder.rglob("*.ndjson")) if folder.exists() else []:
        for line in path.read_bytes().split(b"\n")[:-1]:
            records.append(json.loads(line, parse_float=str))
    return records


def dead_events(records: list[dict]) -> list[dict]:
    return [hec_events.normalized(record["event"]) for record in records if "event" in record]


def judge(expected: list[dict], arrived: list[dict], dead: list[dict], doubled_max: int, context: str) -> dict:
    """Fails with `context` (seed, kills, what was in force) unless the promise was kept.
    Returns the counts, for the test to print."""
    good, poison = split_poison(expected)
    counts = {"sent": len(expected), "arrived": len(arrived), "dead": len(dead)}
    doubled = 0
    for what, wanted, got in (("arrived", good, arrived), ("dead letters", poison, dead)):
        found = hec_events.Comparison(wanted, got)
        bad = found.lost or found.invented or found.wrong_ids
        assert not bad, f"{context}; {what}: {found.describe()}"
        hec_events.assert_ids_are_sound(got)
        distinct = {hec_events.event_id(event) for event in got}
        assert len(distinct) == len(wanted), f"{context}; {what}: copies must carry one event_id"
        doubled += found.doubled_count
    assert doubled <= doubled_max, f"{context}: {doubled} copies, at most {doubled_max} were in flight"
    return {**counts, "doubled": doubled, "doubled_max": doubled_max}


def fired(counts: dict) -> dict[str, int]:
    """How often each rule of a receiver's fault plan struck."""
    return {fault["name"]: fault["fired"] for fault in counts.get("faults", [])}
