#!/usr/bin/env python3
"""Golden cases: inputs small enough to read, and exactly what hecate must make of them.

A case is a folder <area>/<name> with a file `case` (why it exists, and how its inputs are built from
readable text), its inputs, perhaps a config.yaml, and what is expected:

  expected.ndjson        standard output of `hecate backfill INPUTS --to -` (of other commands:
                         expected.stdout)
  expected.summary       what it counted, from the last line of standard output
  expected.stderr        all it said; no file: nothing
  expected.dead_letters  what it wrote there; no file: nothing
  expected.exit          its exit status

Lines of a `case`:

  # ...                              why
  input NAME [= FILE] [: STEP, ...]  a file below the input folder; FILE (default: input.txt) is its
                                     content before the steps; the same NAME again appends
  environment NAME=VALUE             a variable of its environment
  run ARGUMENT...                    other arguments than `backfill INPUTS --to -`
  options ARGUMENT...                more arguments

Steps: join (no line ends), crlf, chomp (no last line end), bytes (<0xNN> becomes that byte), gzip,
stored (gzip that stores: damage to it does the same with every zlib), members (of gzip, one a line),
zstd, truncate N (keep N bytes; -N: drop N), flip N (the lowest bit of byte N; -N: from the end).

Every input was last modified at 2024-01-31T12:00:00.123Z. In what is compared, $DIR stands for the
input folder, and ids that depend on where a file lies are replaced, once they were found to have the
right form and to be all different. --update writes what hecate does today as expected: read it
against the contract before it stays.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MODIFIED_NS = 1706702400_123_000_000
TIMEOUT_S = 60


def gzip_member(data: bytes, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def zstd_frame(data: bytes) -> bytes:
    """One frame of one block that stores its bytes: a zstd file, without a library for it."""
    if len(data) >= 1 << 17:
        raise ValueError("zstd: at most one block")
    header = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    return header + (len(data) << 3 | 1).to_bytes(3, "little") + data


def truncated(data: bytes, size: int) -> bytes:
    if not -len(data) < size < len(data):
        raise ValueError(f"truncate {size}: there are {len(data)} bytes")
    return data[:size]


def flipped(data: bytes, at: int) -> bytes:
    bytes_ = bytearray(data)
    bytes_[at] ^= 1
    return bytes(bytes_)


STEPS = {
    "join": lambda data: data.replace(b"\n", b""),
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "chomp": lambda data: data.removesuffix(b"\n"),
    "bytes": lambda data: re.sub(rb"<0x([0-9a-f]{2})>", lambda m: bytes([int(m[1], 16)]), data),
    "gzip": gzip_member,
    "stored": lambda data: gzip_member(data, 0),
    "members": lambda data: b"".join(gzip_member(line) for line in data.splitlines(keepends=True)),
    "zstd": zstd_frame,
    "truncate": truncated,
    "flip": flipped,
}


def apply_step(data: bytes, step: str) -> bytes:
    name, *numbers = step.split()
    return STEPS[name](data, *map(int, numbers))


class Case:
    """What a case's folder says."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = folder.relative_to(ROOT).as_posix()
        self.inputs: list[tuple[str, str, list[str]]] = []
        self.environment: dict[str, str] = {}
        self.arguments: list[str] | None = None
        self.options: list[str] = []
        for line in (folder / "case").read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                self._read(line)

    def _read(self, line: str) -> None:
        directive, _, rest = line.partition(" ")
        if directive == "input":
            names, _, steps = rest.partition(":")
            name, _, source = (part.strip() for part in names.partition("="))
            chosen = [step.strip() for step in steps.split(",") if step.strip()]
            self.inputs.append((name, source or "input.txt", chosen))
        elif directive == "environment":
            name, _, value = rest.partition("=")
            self.environment[name] = value
        elif directive == "run":
            self.arguments = shlex.split(rest)
        elif directive == "options":
            self.options += shlex.split(rest)
        else:
            raise ValueError(f"{self.name}: unknown line: {line}")

    def build_inputs(self, folder: Path) -> None:
        folder.mkdir()
        for name, source, steps in self.inputs:
            data = (self.folder / source).read_bytes()
            for step in steps:
                data = apply_step(data, step)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(data)
            os.utime(path, ns=(MODIFIED_NS, MODIFIED_NS))

    def command(self, hecate: Path, work: Path) -> list[str]:
        arguments = self.arguments
        if arguments is None:
            arguments = ["backfill", str(work / "in"), "--to", "-", "--workers", "1", "--progress", "never"]
            arguments += ["--summary", "json", "--dead-letter", str(work / "dead")]
            if (self.folder / "config.yaml").exists():
                arguments += ["--config", "config.yaml"]
        options = [option.replace("$DIR", str(work / "in")) for option in self.options]
        return [str(hecate), *arguments, *options]


class Ids:
    """Replaces what depends on where a file lies, and sees to it that ids are ids."""

    def __init__(self, folder: Path):
        self.folder = str(folder)
        self.met: set[str] = set()

    def normalise(self, line: str) -> str:
        line = re.sub(r'"event_id":"([0-9a-f]{16})-(\d+)"', self._replace, line)
        if f'"source":"{self.folder}' in line:
            line = re.sub(r'"event_id":"([A-Za-z0-9_-]{11})"', self._replace, line)
        return line.replace(self.folder, "$DIR")

    def _replace(self, match: re.Match) -> str:
        if match[0] in self.met:
            raise ValueError(f"two events have the id {match[0]}")
        self.met.add(match[0])
        return f'"event_id":"$OBJECT-{match[2]}"' if len(match.groups()) == 2 else '"event_id":"$ID"'


def strict_json(line: str) -> dict:
    def refuse(name: str):
        raise ValueError(f"{name} is not JSON")

    return json.loads(line, parse_constant=refuse)


def normalised_events(text: bytes, folder: Path) -> str:
    ids = Ids(folder)
    lines = []
    for line in text.decode("utf-8").split("\n")[:-1]:
        strict_json(line)
        lines.append(ids.normalise(line) + "\n")
    if not text.endswith(b"\n") and text:
        raise ValueError("the last line has no end")
    return "".join(lines)


def normalised_dead_letters(folder: Path, inputs: Path) -> str:
    ids = Ids(inputs)
    lines = []
    for file in sorted(folder.glob("*")) if folder.exists() else []:
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            strict_json(line)
            line = re.sub(r'"etag":"\d+-\d+"', '"etag":"$ETAG"', line, count=1)
            # Of the two times this is the letter's; the event's is kept.
            line = re.sub(r'(\}),"time":\d+\.\d{3}', r'\1,"time":$NOW', line, count=1)
            lines.append(ids.normalise(line))
    return "".join(lines)


def split_summary(stdout: bytes) -> tuple[bytes, str]:
    """The events, and what was counted (a line a counter, without what differs between machines)."""
    events, _, last = stdout.removesuffix(b"\n").rpartition(b"\n")
    if not last.startswith(b'{"objects_total"'):
        return stdout, ""
    summary = strict_json(last.decode("utf-8"))
    for varying in ("seconds", "bytes_compressed"):
        del summary[varying]
    if summary["events_read"] != sum(summary[f"events_{end}"] for end in ("delivered", "filtered", "dead_lettered")):
        raise ValueError("the summary does not add up")
    counted = "".join(f"{key} {value}\n" for key, value in summary.items())
    return events + b"\n" if events else b"", counted


def run_case(case: Case, hecate: Path) -> dict[str, str]:
    """Runs a case and returns what is to be compared, by the name of the file that expects it."""
    with tempfile.TemporaryDirectory(prefix="hecate-golden-") as name:
        work = Path(name).resolve()
        case.build_inputs(work / "in")
        if (case.folder / "config.yaml").exists():
            shutil.copy(case.folder / "config.yaml", work)
        environment = {"PATH": os.environ["PATH"], "HOME": name, "LC_ALL": "C", **case.environment}
        for kind in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if kind in os.environ:
                environment[kind] = os.environ[kind]
        done = subprocess.run(case.command(hecate, work), cwd=work, env=environment, timeout=TIMEOUT_S,
                              stdin=subprocess.DEVNULL, capture_output=True)
        stderr = re.sub(r"dead-letters-[0-9TZ-]+\.ndjson", "$LETTERS", done.stderr.decode("utf-8"))
        stdout, summary = split_summary(done.stdout)
        stderr = stderr.replace(str(work / "in"), "$DIR").replace(str(work / "dead"), "$DEAD")
        out = {"expected.exit": f"{done.returncode}\n", "expected.stderr": stderr, "expected.summary": summary,
               "expected.dead_letters": normalised_dead_letters(work / "dead", work / "in"),
               "expected.ndjson": "", "expected.stdout": ""}
        if case.arguments is None:
            out["expected.ndjson"] = normalised_events(stdout, work / "in")
        else:
            out["expected.stdout"] = stdout.decode("utf-8")
        return out


def differences(case: Case, got: dict[str, str]) -> list[str]:
    lines = []
    for file, text in got.items():
        path = case.folder / file
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(expected.splitlines(), text.splitlines(), f"{case.name}/{file}",
                                      "what hecate did", lineterm="")
    return lines


def update(case: Case, got: dict[str, str]) -> None:
    for file, text in got.items():
        if text:
            (case.folder / file).write_text(text, encoding="utf-8")
        else:
            (case.folder / file).unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hecate", type=Path, default=ROOT.parents[1] / "build/release/hecate")
    parser.add_argument("--update", action="store_true", help="expect from now on what hecate does today")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="<area>/<name>; default: all")
    options = parser.parse_args()
    names = options.cases or sorted(file.parent.relative_to(ROOT).as_posix() for file in ROOT.glob("*/*/case"))
    failed = 0
    for name in names:
        case = Case(ROOT / name)
        try:
            got = run_case(case, options.hecate.resolve())
            if options.update:
                update(case, got)
            problems = differences(case, got)
        except (ValueError, subprocess.TimeoutExpired) as error:
            problems = [f"{name}: {error}"]
        failed += bool(problems)
        print("\n".join([f"{'failed' if problems else 'passed'} {name}", *problems]), flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
