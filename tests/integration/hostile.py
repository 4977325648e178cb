"""Objects made to hurt whoever reads them, written to disk without ever being held in memory.

Each maker writes one object and says what a sound reader makes of it, so far as that is certain.
"""

from __future__ import annotations

import dataclasses
import json
import random
import struct
import zlib
from pathlib import Path
from typing import Callable, Iterable

import corpus as archives

MIB = 1 << 20


@dataclasses.dataclass
class Made:
    uncompressed_bytes: int  # in the innermost layer
    events: int | None = None  # None: whatever can be read, as long as it is accounted for
    events_min: int = 0  # what must be delivered at least: the sound part
    exit_codes: tuple[int, ...] = (0, 1)


class Gzip:
    """One gzip member, streamed. A block that comes again and again is compressed once."""

    def __init__(self, path: Path, header: bytes | None = None):
        self._out = path.open("wb")
        self._out.write(header or b"\x1f\x8b\x08\x00\0\0\0\0\0\x03")
        self._crc = self.size = 0

    def add(self, data: bytes, times: int = 1) -> "Gzip":
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(times):
            self._out.write(packed)
            self._crc = zlib.crc32(data, self._crc)
        self.size += len(data) * times
        return self

    def add_all(self, pieces: Iterable[bytes]) -> "Gzip":
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        for piece in pieces:
            self._out.write(packer.compress(piece))
            self._crc = zlib.crc32(piece, self._crc)
            self.size += len(piece)
        self._out.write(packer.flush(zlib.Z_FULL_FLUSH))
        return self

    def add_raw_deflate(self, data: bytes) -> "Gzip":
        """Blocks that hold nothing."""
        self._out.write(data)
        return self

    def end(self) -> int:
        self._out.write(b"\x03\x00" + struct.pack("<II", self._crc, self.size & 0xFFFFFFFF))
        self._out.close()
        return self.size


def document_start(message_type: bool = True) -> bytes:
    head = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/g", "logStream": "s", "subscriptionFilters": []}
    text = json.dumps(head)[:-1] if message_type else "{"
    return (text + (", " if message_type else "") + '"logEvents":[').encode()


def bomb_of_one_line(path: Path) -> Made:
    return Made(Gzip(path).add(b"0" * MIB, 256).end(), events=1)


def bomb_of_zeros(path: Path) -> Made:
    """Is no log, and refused as such; a log may turn into it, though."""
    return Made(Gzip(path).add(bytes(MIB), 256).end(), exit_codes=(1,))


def log_that_turns_into_zeros(path: Path) -> Made:
    lines = "\n".join(archives.many_lines(2000)).encode()
    return Made(Gzip(path).add(lines + b"\n").add(bytes(MIB), 256).end(), events=2001)


def bomb_of_many_lines(path: Path) -> Made:
    """1000:1, and nothing wrong with it: a ratio alone is no crime."""
    line = b"the same line over and over, as a retry loop writes it\n"
    block = line * (MIB // len(line))
    return Made(Gzip(path).add(block, 192).end(), events=192 * (len(block) // len(line)), exit_codes=(0,))


def nested_bomb(path: Path) -> Made:
    """Three layers, a few KiB in all; the innermost is 256 MiB."""
    size = Gzip(path).add(b"0" * MIB, 256).end()
    for _ in range(2):
        inner = path.read_bytes()
        Gzip(path).add(inner).end()
    return Made(size, events=1)


def bomb_nested_too_deep(path: Path) -> Made:
    """More layers than are peeled: what lies below is bytes like others."""
    Gzip(path).add(bytes(MIB), 64).end()
    for _ in range(7):
        inner = path.read_bytes()
        Gzip(path).add(inner).end()
    return Made(path.stat().st_size)


def empty_members(path: Path) -> Made:
    path.write_bytes(archives.gzip_member(b"") * 1_000_000 + archives.gzip_member(b"the only line\n"))
    return Made(14, events=1, exit_codes=(0,))


def line_of_a_gigabyte(path: Path) -> Made:
    return Made(Gzip(path).add(b"before\n").add(b"x" * MIB, 1024).add(b"\nafter\n").end(), events=3)


def sparse_gigabyte(path: Path) -> Made:
    """No compression at all: a hole in a file, behind a little text."""
    lines = "\n".join(archives.many_lines(2000)).encode()
    with path.open("wb") as out:
        out.write(lines + b"\n")
        out.truncate(1 << 30)
    return Made(1 << 30, events=2001)


def deep_json(path: Path) -> Made:
    deep = b"[" * 100_000 + b"]" * 100_000
    text = b'{"messageType":"DATA_MESSAGE","x":' + deep + b',"logEvents":[]}'
    path.write_bytes(text + b"\n" + archives.cloudwatch(["after the depth"], "/g", "s").data)
    return Made(len(text), exit_codes=(1,))


def deep_json_inside_a_message(path: Path) -> Made:
    """Depth inside a message is text: nobody needs to parse it."""
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    path.write_bytes(archives.cloudwatch([deep, "after the depth"], "/g", "s").data)
    return Made(path.stat().st_size, events=2, exit_codes=(0,))


def document_with_a_message_of_50_mb(path: Path) -> Made:
    event = b'{"id":"%d","timestamp":1706745599123,"message":"%s"}'
    small = event % (1, b"y" * 990)
    before = 120 * MIB // (len(small) + 1)
    writer = Gzip(path).add(document_start())
    writer.add((small + b",") * 1024, before // 1024)
    writer.add(event.split(b"%s")[0] % 2).add(b"z" * MIB, 50).add(b'"},')
    writer.add((small + b",") * 1024, before // 1024).add(event % (3, b"last") + b"]}")
    writer.add(archives.cloudwatch(["the next document"], "/g", "s").data)
    return Made(writer.end(), events_min=before // 1024 * 1024 + 1)


def cloudtrail_record_of_20_mb(path: Path) -> Made:
    record = b'{"eventTime":"2024-01-31T23:59:59Z","eventName":"A"}'
    writer = Gzip(path).add(b'{"Records":[' + record + b',{"eventTime":"2024-01-31T23:59:59Z","x":"')
    return Made(writer.add(b"x" * MIB, 20).add(b'"},' + record + b"]}").end(), events_min=1)


def empty_deflate_blocks(path: Path) -> Made:
    """64 MiB of stored blocks of length zero: work without output."""
    Gzip(path).add(b"before\n").add_raw_deflate(b"\x00\x00\x00\xff\xff" * (64 * MIB // 5)).add(b"after\n").end()
    return Made(64 * MIB, events=2)


def huge_header_fields(path: Path) -> Made:
    """A file name of 64 MiB in the header, and extra fields as long as they may be."""
    header = b"\x1f\x8b\x08" + bytes([0x04 | 0x08 | 0x10]) + bytes(6) + struct.pack("<H", 65535) + b"E" * 65535
    header += b"n" * (64 * MIB) + b"\0" + b"c" * (16 * MIB) + b"\0"
    Gzip(path, header).add(b"before\nafter\n").end()
    return Made(80 * MIB, events=None)


def five_million_tiny_events(path: Path) -> Made:
    event = b'{"id":"1","timestamp":1706745599123,"message":"x"}'
    writer = Gzip(path).add(document_start()).add((event + b",") * 10_000, 499)
    return Made(writer.add((event + b",") * 9_999 + event + b"]}").end(), events=5_000_000, exit_codes=(0,))


def pretty_printed_document(path: Path) -> Made:
    """White space by the megabyte, between every two tokens, in 200 MB."""
    space = b"\n" + b" " * 4000
    event = (
        b"{" + space + b'"id"' + space + b":" + space + b'"1",' + space + b'"timestamp":' + space + b"1706745599123,"
        + space + b'"message"' + space + b":" + space + b'"x"' + space + b"}" + space
    )  # fmt: skip
    count = 200 * MIB // (len(event) + 1)
    writer = Gzip(path).add(document_start()).add(event + b",", count).add(event + space + b"]" + space + b"}")
    return Made(writer.end(), events=count + 1, exit_codes=(0,))


def metadata_after_100_mb_of_events(path: Path) -> Made:
    event = b'{"id":"1","timestamp":1706745599123,"message":"' + b"m" * 200 + b'"}'
    writer = Gzip(path).add(document_start(message_type=False)).add((event + b",") * 1000, 100 * MIB // len(event) // 1000)
    end = b'],"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/g","logStream":"s"}'
    return Made(writer.add(event + end).end())


def random_bytes_after_gzip_magic(path: Path) -> Made:
    path.write_bytes(b"\x1f\x8b\x08\x00" + random.Random(1).randbytes(8 * MIB))
    return Made(8 * MIB, exit_codes=(1,))


def lines_of_nothing(path: Path) -> Made:
    return Made(Gzip(path).add(b"\n" * MIB, 128).end(), events=0, exit_codes=(0,))


def lines_of_one_letter(path: Path) -> Made:
    """Each costs a HEC event a hundred times its size."""
    return Made(Gzip(path).add(b"x\n" * (MIB // 2), 2).end(), events=MIB, exit_codes=(0,))


def broken_utf8(path: Path) -> Made:
    """Every byte becomes three."""
    lines = "\n".join(archives.many_lines(2000)).encode()
    return Made(Gzip(path).add(lines + b"\n").add(b"\xff" * 999 + b"\n", 50_000).end(), events=52_000, exit_codes=(0,))


OBJECTS: dict[str, Callable[[Path], Made]] = {
    make.__name__.replace("_", " "): make
    for make in (
        bomb_of_one_line, bomb_of_zeros, log_that_turns_into_zeros, bomb_of_many_lines, nested_bomb, bomb_nested_too_deep, empty_members, line_of_a_gigabyte,
        sparse_gigabyte, deep_json, deep_json_inside_a_message, document_with_a_message_of_50_mb,
        cloudtrail_record_of_20_mb, empty_deflate_blocks, huge_header_fields, five_million_tiny_events,
        pretty_printed_document, metadata_after_100_mb_of_events, random_bytes_after_gzip_magic, lines_of_nothing,
        lines_of_one_letter, broken_utf8,
    )
}  # fmt: skip
