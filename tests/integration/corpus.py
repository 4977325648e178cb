"""Archives in every input format, and the HEC events that must come out of them.

Written from the formats' descriptions alone and sharing nothing with hecate: a second opinion on
parsing, on times and on event ids. Lines are invented here; the directory that HECATE_LOG_SAMPLES
names may add real ones. Everything is a function of the arguments, so a failure can be repeated.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import gzip
import json
import os
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Callable

import xxhash

OWNER = "123456789012"
START_MS = 1_706_745_599_123  # 2024-01-31T23:59:59.123Z
MTIME_MS = 1_700_000_000_123


@dataclasses.dataclass
class Piece:
    """The content of one object before any compression, and what must become of it."""

    data: bytes
    events: list[dict] = dataclasses.field(default_factory=list)
    filtered: int = 0


class Corpus:
    """A folder of objects with the events that a backfill of it must deliver."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.events: list[dict] = []
        self.filtered = 0
        self.objects = 0

    def add(self, name: str, piece: Piece, wrap: Callable[[bytes], bytes] = bytes) -> Path:
        """Writes one object. Its uri and folder fill in source and host where the piece left them."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wrap(piece.data))
        os.utime(path, ns=(MTIME_MS * 1_000_000, MTIME_MS * 1_000_000))
        for event in piece.events:
            event = dict(event)
            event.setdefault("host", path.parent.name)
            event.setdefault("source", str(path))
            self.events.append(event)
        self.filtered += piece.filtered
        self.objects += 1
        return path


# ---- lines


def invented_lines() -> list[str]:
    """Messages that break careless code. None is blank; none holds a line feed."""
    return [
        "plain ascii with spaces   kept  ",
        'quotes "double" and \'single\', a slash / and a back\\slash, even C:\\temp\\new',
        'looks escaped: \\" \\\\ \\n \\u0041 \\ud83d ends with one\\',
        "tab\tbell\x07escape\x1b[31mred\x1b[0m delete\x7f vertical\x0b form\x0cfeed back\bspace",
        "nul in the \x00 middle",
        "c1 controls \x80\x9f, soft hyphen \xad, bom \ufeff inside",
        "emoji \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 and flags \U0001f1e9\U0001f1ea",
        "CJK 漢字 かな 한국어, Arabic مرحبا, combining e\u0301",
        "line separators \u2028 and \u2029 and next line \x85 stay inside",
        "html <b>&amp;</b> <script>alert('x')</script>",
        '{"level":"info","message":"a JSON message","n":12345678901234567890,"x":1.50,"deep":{"a":[1,{}]}}',
        '{"event":"looks like HEC","time":1,"fields":{"a":"b"}}',
        '{"messageType":"DATA_MESSAGE","logEvents":[]}',
        '["an array", null, true]',
        "{not json",
        "},{",
        "    leading spaces",
        "carriage\rreturn inside",
        "percent %s %d %n %% and ${jndi:x} and `id`",
        "last of unicode \U0010ffff, last of the plane \uffff, replacement \ufffd",
        "1",
        "null",
        "x" * 300_000,
        ("long with escapes \"\\\t漢\U0001f600 " * 15_000)[:300_000],
    ]


def sample_lines(limit_per_file: int | None = None) -> list[str]:
    """Lines of the *.log files in HECATE_LOG_SAMPLES, or none."""
    folder = os.environ.get("HECATE_LOG_SAMPLES", "")
    lines: list[str] = []
    if folder and Path(folder).is_dir():
        for path in sorted(Path(folder).glob("*.log")):
            text = path.read_bytes().decode("utf-8", "replace")
            kept = [line.rstrip("\r") for line in text.split("\n")]
            lines += [line for line in kept if line.strip()][:limit_per_file]
    return lines


def many_lines(count: int, seed: int = 1) -> list[str]:
    """Ordinary-looking lines, all different."""
    random_ = random.Random(seed)
    levels = ["DEBUG", "INFO", "WARN", "ERROR"]
    return [
        f"{random_.choice(levels)} request={number:08d} user=\"u{random_.randrange(10**6)}\" "
        f"took={random_.randrange(1, 9999)}ms path=/api/v1/{random_.getrandbits(64):016x}"
        for number in range(count)
    ]


def lines_for_json_documents() -> list[str]:
    """What cloudwatch messages may hold beyond single lines."""
    return invented_lines() + ["two\nlines", "a stack trace\n\tat one\n\tat two\n", "\nstarts with a line feed"]


# ---- compression


def _deflate(data: bytes, level: int = 6) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _gzip_trailer(data: bytes) -> bytes:
    return struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def gzip_member(data: bytes, level: int = 6) -> bytes:
    return gzip.compress(data, level, mtime=0)


def gzip_with_all_header_fields(data: bytes) -> bytes:
    flags = 0x02 | 0x04 | 0x08 | 0x10  # FHCRC, FEXTRA, FNAME, FCOMMENT
    header = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<I", 0) + b"\x00\x03"
    extra = b"AB\x04\x00\x1f\x8b\x08\x00"
    header += struct.pack("<H", len(extra)) + extra + b"name.txt\x00" + b"a comment\x00"
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header + _deflate(data) + _gzip_trailer(data)


def gzip_members(data: bytes, count: int = 7) -> bytes:
    """Members cut anywhere, inside lines, documents and UTF-8 sequences; one of them is empty."""
    size = max(1, len(data) // count)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    pieces.insert(len(pieces) // 2, b"")
    return b"".join(gzip_member(piece, 1 + number % 9) for number, piece in enumerate(pieces))


def gzip_tiny_members(data: bytes) -> bytes:
    """A member every 300 bytes, as small records back to back give."""
    step = max(300, len(data) // 2000)
    return b"".join(gzip_member(data[at : at + step], 1) for at in range(0, len(data), step))


def gzip_stored(data: bytes) -> bytes:
    return gzip_member(data, 0)


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c", "-3"], input=data, stdout=subprocess.PIPE, check=True).stdout


def wrappers() -> dict[str, Callable[[bytes], bytes]]:
    """Every way an object may be packed, with a name for the file (whose extension may lie)."""
    ways: dict[str, Callable[[bytes], bytes]] = {
        "plain": bytes,
        "plain-but-called.gz": bytes,
        "gzip.gz": gzip_member,
        "gzip-without-extension": gzip_member,
        "gzip-but-called.txt": gzip_member,
        "members.gz": gzip_members,
        "tiny-members": gzip_tiny_members,
        "stored.gz": gzip_stored,
        "header-fields.gz": gzip_with_all_header_fields,
        "two-layers.gz": lambda data: gzip_member(gzip_members(data)),
        "three-layers.gz.gz.gz": lambda data: gzip_members(gzip_member(gzip_members(data))),
    }
    if shutil.which("zstd"):
        ways["zstandard.zst"] = zstd
        ways["zstandard-in-gzip"] = lambda data: gzip_member(zstd(data))
    return ways


# ---- what every event has


def seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def iso(milliseconds: int, fraction: bool = True) -> str:
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{milliseconds % 1000:03d}Z" if fraction else f"{text}Z"


def cloudwatch_id(milliseconds: int, number: int) -> str:
    """56 digits, shaped like CloudWatch's: the time, then a sequence."""
    return str(milliseconds * 2**144 + 10**30 + number).zfill(56)


def short_event_id(owner: str, group: str, stream: str, identifier: str) -> str:
    digest = xxhash.xxh3_64_digest("\0".join((owner, group, stream, identifier)).encode())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_blank(message: str) -> bool:
    return message.strip(" \t\r\n") == ""


# ---- cloudwatch


CONTROL = {
    "messageType": "CONTROL_MESSAGE",
    "owner": "CloudwatchLogs",
    "logGroup": "",
    "logStream": "",
    "subscriptionFilters": [],
    "logEvents": [
        {"id": "", "timestamp": START_MS, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}
    ],
}


@dataclasses.dataclass(frozen=True)
class Style:
    """How the documents are written; meaning never changes."""

    between: str = ""
    indent: int | None = None
    events_first: bool = False
    unknown_keys: bool = False
    escape_unicode: bool = False
    control_messages: bool = False


STYLES = {
    "concatenated": Style(),
    "newlines": Style(between="\n"),
    "white-space": Style(between=" \r\n\t "),
    "pretty": Style(between="\n", indent=2),
    "events-first": Style(events_first=True),
    "unknown-keys": Style(unknown_keys=True, between="\n"),
    "escaped": Style(escape_unicode=True),
    "control": Style(control_messages=True),
    "all-at-once": Style("\n\n", 4, True, True, True, True),
}


def cloudwatch(
    messages: list[str],
    group: str = "/aws/lambda/orders",
    stream: str = "2024/01/31/[$LATEST]0123456789abcdef",
    style: Style = Style(),
    per_document: int = 5,
    start_ms: int = START_MS,
    owner: str = OWNER,
) -> Piece:
    piece = Piece(b"")
    documents = []
    for start in range(0, len(messages), per_document):
        log_events = []
        for number, message in enumerate(messages[start : start + per_document], start):
            timestamp = start_ms + 7 * number
            identifier = cloudwatch_id(timestamp, number)
            log_events.append(_log_event(identifier, timestamp, message, style))
            if is_blank(message):
                piece.filtered += 1
                continue
            piece.events.append(
                {
                    "time": seconds(timestamp),
                    "host": stream,
                    "source": group,
                    "sourcetype": "aws:cloudwatchlogs",
                    "event": message,
                    "fields": {
                        "aws_account_id": owner,
                        "event_id": short_event_id(owner, group, stream, identifier),
                    },
                }
            )
        documents.append(_document(owner, group, stream, log_events, style))
        if style.control_messages and start == 0:
            documents += [CONTROL, _document(owner, group, stream, [], style)]
    text = style.between.join(
        json.dumps(
            document,
            ensure_ascii=style.escape_unicode,
            indent=style.indent,
            separators=None if style.indent else (",", ":"),
        )
        for document in documents
    )
    if style.escape_unicode:
        text = text.replace("/", "\\/")
    piece.data = (text + style.between).encode()
    return piece


def _log_event(identifier: str, timestamp: int, message: str, style: Style) -> dict:
    if style.unknown_keys:
        return {
            "extractedFields": {"message": "not this one", "id": "nor this", "timestamp": "1"},
            "message": message,
            "ingestionTime": timestamp + 1000,
            "timestamp": timestamp,
            "nested": {"message": "nor this", "list": [{"id": 1}, [], {}]},
            "id": identifier,
        }
    return {"id": identifier, "timestamp": timestamp, "message": message}


def _document(owner: str, group: str, stream: str, log_events: list, style: Style) -> dict:
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": owner,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": ["to-splunk"],
        "logEvents": log_events,
    }
    if style.unknown_keys:
        document = {
            "policyLevel": "ACCOUNT_LEVEL_POLICY",
            "extra": {"logGroup": "not this", "logEvents": [{"message": "not an event"}]},
            **document,
            "tail": [1, 2.5, None, True, "x"],
        }
    if style.events_first:
        document = {"logEvents": document.pop("logEvents"), **document}
    return document


# ---- the other formats


def cloudwatch_export(messages: list[str], start_ms: int = START_MS) -> Piece:
    """Lines of CreateExportTask; the object belongs in a folder named after the log stream."""
    piece = Piece(b"")
    lines = []
    for number, message in enumerate(messages):
        timestamp = start_ms + 11 * number
        lines.append(f"{iso(timestamp)} {message}\n")
        if is_blank(message):
            piece.filtered += 1
        else:
            piece.events.append(
                {"time": seconds(timestamp), "sourcetype": "aws:cloudwatchlogs", "event": message}
            )
    piece.data = "".join(lines).encode()
    return piece


def export_write_test() -> Piece:
    return Piece(b"Permission Check Successful")


def cloudtrail(count: int, indent: int | None = None) -> Piece:
    piece = Piece(b"")
    records = []
    for number in range(count):
        timestamp = START_MS // 1000 * 1000 + 60_000 * number
        record = {
            "eventVersion": "1.09",
            "userIdentity": {"type": "Root", "arn": 'arn:aws:iam::1:"quoted\\"', "attributes": {}},
            "eventTime": iso(timestamp, fraction=False),
            "eventSource": "s3.amazonaws.com",
            "eventName": f"PutObject{number}",
            "requestParameters": {"key": "漢字/\U0001f600/ä.gz", "eventTime": "1999-01-01T00:00:00Z"},
            "responseElements": None,
            "additionalEventData": {"bytes": 4096 + number, "ratio": 0.5, "list": [1, [], {}]},
            "readOnly": bool(number % 2),
        }
        records.append(record)
        piece.events.append(
            {"time": seconds(timestamp), "sourcetype": "aws:cloudtrail", "event": record}
        )
    piece.data = json.dumps({"Records": records}, ensure_ascii=False, indent=indent).encode()
    return piece


def json_lines(lines_ending: str = "\n", time_keys: tuple[str, ...] = ("timestamp", "time", "@timestamp")) -> Piece:
    """Objects a line, with each way of telling the time, and without one."""
    piece = Piece(b"")
    texts = []
    number = 0
    for name in time_keys:
        for spell in (iso, lambda ms: iso(ms, fraction=False), int, lambda ms: ms // 1000, lambda ms: ms / 1000):
            timestamp = START_MS + 1000 * number
            value = spell(timestamp)
            exact = timestamp if spell in (iso, int) or isinstance(value, float) else timestamp // 1000 * 1000
            document = {"message": 'text "\\ 漢 \U0001f600\t', "number": number, "deep": {name: "not this"}, name: value}
            texts.append(json.dumps(document, ensure_ascii=bool(number % 2)))
            piece.events.append({"time": seconds(exact), "event": texts[-1]})
            number += 1
    texts.append('{ "spaces" : "kept as they are" ,"n":1.50}')
    piece.events.append({"time": seconds(MTIME_MS), "event": texts[-1]})
    piece.data = lines_ending.join(texts + [""]).encode()
    return piece


def text(lines: list[str], line_end: str = "\n", last_line_ends: bool = True) -> Piece:
    """Plain lines. The first is an ordinary one, so that no other format is recognised."""
    lines = ["an ordinary first line"] + lines
    piece = Piece((line_end.join(lines) + (line_end if last_line_ends else "")).encode())
    for line in lines:
        if is_blank(line):
            piece.filtered += 1
        else:
            piece.events.append({"time": seconds(MTIME_MS), "event": line})
    return piece


# ---- whole folders


def build_cloudwatch(folder: Path, messages: list[str]) -> Corpus:
    """Every style in every packing; each object is a stream of its own, so ids never repeat."""
    corpus = Corpus(folder)
    for number, (style_name, style) in enumerate(STYLES.items()):
        for place, (name, wrap) in enumerate(wrappers().items()):
            # The long messages go through every packing once and every style once, not all pairs.
            chosen = messages if number == place % len(STYLES) else [m for m in messages if len(m) < 5000]
            piece = cloudwatch(
                chosen, f"/prod/{style_name}", f"2024/01/31/[{place}]{name}", style, 1 + (number + place) % 9
            )
            corpus.add(f"cloudwatch/2024/01/31/{place:02d}/{style_name}-{name}", piece, wrap)
    return corpus


def build_export(folder: Path) -> Corpus:
    corpus = Corpus(folder)
    messages = invented_lines() + [
        "first line\nsecond line\n\tthird, indented",
        "a blank line\n\nin the middle",
        "2024-01-31 a date that is no time\n2024-01-31T23:59:59 nor is this one",
        " ",
        "the end",
    ]
    for place, (name, wrap) in enumerate(wrappers().items()):
        stream = f"2024-01-31-[$LATEST]stream{place}"
        corpus.add(f"exportedlogs/task-1/{stream}/{place:06d}-{name}", cloudwatch_export(messages), wrap)
    corpus.add("exportedlogs/aws-logs-write-test", export_write_test())
    return corpus


def build_cloudtrail(folder: Path) -> Corpus:
    corpus = Corpus(folder)
    for place, (name, wrap) in enumerate(wrappers().items()):
        piece = cloudtrail(17, indent=2 if place % 3 == 1 else None)
        corpus.add(f"AWSLogs/1/CloudTrail/{place:02d}/{name}", piece, wrap)
    return corpus


def build_json_lines(folder: Path) -> Corpus:
    corpus = Corpus(folder)
    for place, (name, wrap) in enumerate(wrappers().items()):
        corpus.add(f"json/{place:02d}/{name}", json_lines("\r\n" if place % 3 == 1 else "\n"), wrap)
    return corpus


def build_text(folder: Path, lines: list[str]) -> Corpus:
    corpus = Corpus(folder)
    lines = lines + ["", "   ", "\t", "after blank lines"]
    for place, (name, wrap) in enumerate(wrappers().items()):
        piece = text(lines, "\r\n" if place % 3 == 1 else "\n", last_line_ends=place % 2 == 0)
        corpus.add(f"text/{place:02d}/{name}", piece, wrap)
    return corpus


FORMATS: dict[str, Callable[[Path], Corpus]] = {
    "cloudwatch": lambda folder: build_cloudwatch(
        folder, lines_for_json_documents() + ["", "  \t", "\n"] + sample_lines(50)
    ),
    "cloudwatch-export": build_export,
    "cloudtrail": build_cloudtrail,
    "json-lines": build_json_lines,
    "text": lambda folder: build_text(folder, invented_lines() + sample_lines()),
}


def build_all(folder: Path) -> Corpus:
    """All formats in one folder tree."""
    whole = Corpus(folder)
    for build in FORMATS.values():
        part = build(folder)
        whole.events += part.events
        whole.filtered += part.filtered
        whole.objects += part.objects
    return whole


def build_many_objects(folder: Path, objects: int, events_each: int, per_document: int = 100) -> Corpus:
    """Ordinary cloudwatch archives, for runs that are cut and resumed."""
    corpus = Corpus(folder)
    for number in range(objects):
        piece = cloudwatch(
            many_lines(events_each, seed=number),
            "/prod/orders",
            f"stream-{number:05d}",
            per_document=per_document,
        )
        corpus.add(f"2024/01/31/{number % 24:02d}/part-{number:05d}.gz", piece, gzip_member)
    return corpus
