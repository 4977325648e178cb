"""HEC events as tests compare them: one normal form, and a multiset comparison.

The normal form keeps `time` as the text that was sent (seconds.millis), and takes JSON values by
meaning, not by spelling: an escaped character equals the character itself. event_id is compared
apart from the rest, since only CloudWatch's ids are fixed by the contract; elsewhere its shape and
uniqueness are what can be judged.
"""

from __future__ import annotations

import collections
import json
import re
from pathlib import Path

KNOWN_KEYS = {"time", "host", "source", "sourcetype", "index", "event", "fields"}
SHORT_ID = re.compile(r"^[A-Za-z0-9_-]{11}$")
TIME = re.compile(r"^-?\d+\.\d{3}$")


class _Number(float):
    """A float that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> "_Number":
        number = super().__new__(cls, text)
        number.text = text
        return number


_decoder = json.JSONDecoder(parse_float=_Number)


def parse_json(text: str):
    """One JSON value; numbers remember how they were written, so normalized() may be asked of a part."""
    value, end = _decoder.raw_decode(text)
    assert text[end:].strip() == "", "one object and nothing behind it"
    return value


def parse_event(text: str) -> dict:
    """One HEC object in normal form."""
    return normalized(parse_json(text))


def normalized(event: dict) -> dict:
    unknown = set(event) - KNOWN_KEYS
    assert not unknown, f"keys that HEC does not know: {sorted(unknown)}"
    event = dict(event)
    if "time" in event:
        time = event["time"]
        event["time"] = time.text if isinstance(time, _Number) else str(time)
    return event


def split_objects(body: str) -> list[str]:
    """The texts of concatenated JSON objects: what one HEC request body holds."""
    objects = []
    position = 0
    while True:
        while position < len(body) and body[position] in " \t\r\n":
            position += 1
        if position == len(body):
            return objects
        _, end = _decoder.raw_decode(body, position)
        objects.append(body[position:end])
        position = end


def read_object_lines(path: Path) -> list[str]:
    """A file of one JSON object a line, as text, without the line ends."""
    if not path.exists():
        return []
    lines = path.read_bytes().decode("utf-8").split("\n")
    return [line for line in lines if line]


def read_events(path: Path) -> list[dict]:
    return [parse_event(line) for line in read_object_lines(path)]


def event_id(event: dict) -> str | None:
    return event.get("fields", {}).get("event_id")


def key(event: dict) -> str:
    """Everything of an event but its event_id, as one comparable text."""
    rest = dict(event)
    fields = {name: value for name, value in rest.get("fields", {}).items() if name != "event_id"}
    rest.pop("fields", None)
    if fields:
        rest["fields"] = fields
    return json.dumps(_plain(rest), sort_keys=True, ensure_ascii=False)


def _plain(value):
    """1.0 and 1 are one JSON number; receivers differ in how they keep it."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(value)
    return value


class Comparison:
    """What was lost, and what arrived too often or never was sent (an altered event is both)."""

    def __init__(self, expected: list[dict], got: list[dict]):
        self.expected_count = len(expected)
        self.got_count = len(got)
        expected_ids, got_ids = _ids_by_key(expected), _ids_by_key(got)
        wanted = collections.Counter({name: len(ids) for name, ids in expected_ids.items()})
        came = collections.Counter({name: len(ids) for name, ids in got_ids.items()})
        self.lost = wanted - came
        surplus = came - wanted
        self.invented = {name: count for name, count in surplus.items() if name not in wanted}
        self.doubled = {name: count for name, count in surplus.items() if name in wanted}
        self.wrong_ids = [
            name
            for name, ids in expected_ids.items()
            if None not in ids and not set(got_ids.get(name, [])) <= set(ids)
        ]

    @property
    def doubled_count(self) -> int:
        return sum(self.doubled.values())

    def describe(self) -> str:
        lines = [f"expected {self.expected_count} events, got {self.got_count}"]
        for name in ("lost", "invented", "doubled", "wrong_ids"):
            found = list(getattr(self, name))
            if found:
                lines.append(f"{name} ({len(found)} kinds), the first ones:")
                lines += [f"  {text[:300]}" for text in found[:3]]
        return "\n".join(lines)


def _ids_by_key(events: list[dict]) -> dict[str, list]:
    ids: dict[str, list] = collections.defaultdict(list)
    for event in events:
        ids[key(event)].append(event_id(event))
    return ids


def assert_all_arrived_once(expected: list[dict], got: list[dict]) -> None:
    comparison = Comparison(expected, got)
    bad = comparison.lost or comparison.invented or comparison.doubled or comparison.wrong_ids
    assert not bad, comparison.describe()
    assert_ids_are_sound(got)
    ids = [event_id(event) for event in got]
    assert len(set(ids)) == len(ids), "two different events share an event_id"


def assert_nothing_lost(expected: list[dict], got: list[dict], doubled_max: int) -> None:
    """For runs that were cut: copies are allowed, within bounds, and only with one event_id."""
    comparison = Comparison(expected, got)
    bad = comparison.lost or comparison.invented or comparison.wrong_ids
    assert not bad, comparison.describe()
    assert comparison.doubled_count <= doubled_max, (
        f"{comparison.doubled_count} copies, at most {doubled_max} were in flight"
    )
    assert_ids_are_sound(got)
    distinct = {event_id(event) for event in got}
    assert len(distinct) == len(expected), "copies of an event must carry one event_id"


def assert_ids_are_sound(got: list[dict]) -> None:
    for event in got:
        assert SHORT_ID.match(event_id(event) or ""), f"not a short event_id: {event_id(event)!r}"
        assert TIME.match(event.get("time", "")), f"not seconds.millis: {event.get('time')!r}"


def assert_all_arrived(expected: list[dict], got: list[dict]) -> None:
    """Nothing lost, invented or altered. Copies are allowed: where a run was stopped while other
    requests were in flight, those may be sent twice, under the ids they had."""
    comparison = Comparison(expected, got)
    bad = comparison.lost or comparison.invented or comparison.wrong_ids
    assert not bad, comparison.describe()
