"""Peak memory stays under 64 MiB plus 48 MiB per worker, whatever the input.

The kernel's own figure is used (see peak_rss.py). HECATE_BIG=1 makes the large inputs large.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

import corpus as archives
from harness import assert_counts_add_up, run_measured

BIG = os.environ.get("HECATE_BIG") == "1"
TEXT_BYTES = (4 << 30) if BIG else (512 << 20)
TINY_FILES = 100_000 if BIG else 20_000
HOSTILE_BYTES = (1 << 30) if BIG else (256 << 20)
MIB = 1 << 20


def allowed_mib(workers: int) -> float:
    return 64 + 48 * workers


def write_gzip(path: Path, block: bytes, size: int, before: bytes = b"", after: bytes = b"") -> int:
    """One member of at least `size` bytes, made without holding it. Returns how often the block went in."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    count = -(-size // len(block))
    with path.open("wb") as out:
        out.write(packer.compress(before))
        for _ in range(count):
            out.write(packer.compress(block))
        out.write(packer.compress(after) + packer.flush())
    return count


@pytest.fixture(scope="module")
def large_text(tmp_path_factory) -> tuple[Path, int]:
    lines = archives.many_lines(10_000)
    path = tmp_path_factory.mktemp("large") / "large.gz"
    blocks = write_gzip(path, ("\n".join(lines) + "\n").encode(), TEXT_BYTES)
    return path, blocks * len(lines)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_large_member_of_text_streams(hecate, receiver, large_text, workers, request):
    path, count = large_text
    # One way through the network, one without it: requests in flight need memory of their own.
    destination = receiver(keep=False).url if workers == 1 else "null:"
    arguments = hecate.backfill_arguments(path, destination, "--workers", workers)
    run, peak_mib = run_measured(hecate, *arguments)
    report(request, peak_mib)
    assert run.exit_code == 0, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_delivered"] == count
    assert run.summary["bytes_uncompressed"] >= TEXT_BYTES
    assert peak_mib <= allowed_mib(workers), f"{peak_mib:.0f} MiB with {workers} workers"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_of_very_many_tiny_files_stays_small(hecate, tmp_path, workers, request):
    folder = tmp_path / "tiny"
    for number in range(TINY_FILES):
        if number % 1000 == 0:
            (folder / f"{number:06d}").mkdir(parents=True)
        (folder / f"{number // 1000 * 1000:06d}" / f"{number}.log").write_bytes(b"one small event\n")
    destination = f"file:{hecate.folder / 'out'}"
    run, peak_mib = run_measured(hecate, *hecate.backfill_arguments(folder, destination, "--workers", workers))
    report(request, peak_mib)
    assert run.exit_code == 0, run.explain()
    assert run.summary["objects_done"] == run.summary["events_delivered"] == TINY_FILES
    assert peak_mib <= allowed_mib(workers), f"{peak_mib:.0f} MiB with {workers} workers"


def document_start() -> bytes:
    return archives.cloudwatch(["x"], "/g", "s").data.split(b'"x"')[0]


HOSTILE = {
    "one endless line": (b"", b"x" * MIB, b"\n"),
    "zeros": (b"", bytes(MIB), b""),
    "an endless message": (document_start() + b'"', b"x" * MIB, b'"}]}'),
    "an endless message of escapes": (document_start() + b'"', b"\\u0001" * (MIB // 6), b'"}]}'),
    "an unknown key without end": (b'{"messageType":"DATA_MESSAGE","extra":[0', b',{"a":1}' * (MIB // 8), b""),
    "white space without end": (b"", b" \n" * (MIB // 2), b""),
    "nesting without end": (b'{"messageType":', b"[" * MIB, b""),
    "a record without end": (b'{"Records":[{"a":"', b"x" * MIB, b'"}]}'),
    "an export event without end": (b"2024-01-31T23:59:59.123Z first\n", b"continued\n" * (MIB // 10), b""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_input_stays_within_the_bound(hecate, tmp_path, what, request):
    before, block, after = HOSTILE[what]
    path = tmp_path / "hostile.gz"
    write_gzip(path, block, HOSTILE_BYTES, before, after)
    arguments = hecate.backfill_arguments(path, "null:", "--workers", "1")
    run, peak_mib = run_measured(hecate, *arguments)
    report(request, peak_mib)
    assert run.exit_code in (0, 1), run.explain()
    assert_counts_add_up(run)
    assert peak_mib <= allowed_mib(1), f"{peak_mib:.0f} MiB"


def test_a_million_empty_members_are_read_in_bounded_memory(hecate, tmp_path, request):
    path = tmp_path / "members.gz"
    path.write_bytes(archives.gzip_member(b"") * 1_000_000 + archives.gzip_member(b"the only line\n"))
    run, peak_mib = run_measured(hecate, *hecate.backfill_arguments(path, "null:", "--workers", "1"))
    report(request, peak_mib)
    assert run.exit_code == 0 and run.summary["events_delivered"] == 1, run.explain()
    assert peak_mib <= allowed_mib(1), f"{peak_mib:.0f} MiB"


def report(request, peak_mib: float) -> None:
    """Leaves the figure in the JUnit report and, with -rA, in the output."""
    request.node.user_properties.append(("peak_rss_mib", round(peak_mib, 1)))
    print(f"peak memory: {peak_mib:.1f} MiB")
