"""Runs hecate's commands the way a user would, each in a world of its own.

A run's environment has no token, proxy or AWS variable of the caller's, and XDG_STATE_HOME points
into the test's folder, so that checkpoints never leak from one test into another. The token goes
through SPLUNK_HEC_TOKEN, never through the command line. What the commands mean is judged by the
tests; here they are only started, watched and ended.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import events as hec_events
from support import stop_process

TOKEN = "5d8f4c7e-canary-4b1a-9c3e-0a1b2c3d4e5f"
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
# Requests of at most 100 events and quick retries: many requests from little data.
EVENTS_PER_REQUEST = 100
SMALL_REQUESTS = f"""
hec:
  batch: {{bytes: 100000, events: {EVENTS_PER_REQUEST}, wait_ms: 50}}
  retry: {{attempts: 20, base_ms: 20, cap_ms: 200, budget_s: 60}}
"""
SUMMARY_KEYS = {
    "objects_total", "objects_done", "objects_skipped", "objects_failed",
    "events_read", "events_delivered", "events_filtered", "events_dead_lettered",
    "bytes_compressed", "bytes_uncompressed", "bytes_posted", "requests", "retries", "seconds",
}  # fmt: skip


@dataclasses.dataclass
class Run:
    """What a finished command left behind."""

    exit_code: int
    stdout: bytes
    stderr: str
    summary: dict

    def explain(self) -> str:
        return f"exit {self.exit_code}, summary {self.summary}, stderr:\n{self.stderr[-3000:]}"

    @property
    def output_lines(self) -> list[bytes]:
        """Standard output without the summary line."""
        lines = self.stdout.split(b"\n")
        lines = lines[:-1] if lines and not lines[-1] else lines
        return lines[:-1] if self.summary else lines


class Hecate:
    """The binary and the folder that a test's runs may write to."""

    def __init__(self, binary: Path, folder: Path):
        self.binary = binary
        self.folder = folder
        self.dead_letters = folder / "dead-letters"
        self._children: list[subprocess.Popen] = []

    def environment(self, extra: dict[str, str | None] | None = None) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        kept["XDG_STATE_HOME"] = str(self.folder / "state")
        kept["SPLUNK_HEC_TOKEN"] = TOKEN
        for name, value in (extra or {}).items():
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = value
        return kept

    def run(self, *arguments, env=None, stdin: bytes = b"", timeout_s: float = 120, prefix=()) -> Run:
        """One command from start to end; `prefix` is a command that runs it (setpriv, say)."""
        command = [*map(str, prefix), str(self.binary), *map(str, arguments)]
        done = subprocess.run(
            command, env=self.environment(env), input=stdin, capture_output=True, timeout=timeout_s, cwd=self.folder
        )
        return Run(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"), parse_summary(done.stdout))

    def backfill_arguments(self, sources, to, *options) -> list[str]:
        sources = sources if isinstance(sources, (list, tuple)) else [sources]
        return [
            "backfill", *map(str, sources), "--to", str(to), "--summary", "json", "--progress", "never",
            "--dead-letter", str(self.dead_letters), *map(str, options),
        ]  # fmt: skip

    def backfill(self, sources, to, *options, **how) -> Run:
        return self.run(*self.backfill_arguments(sources, to, *options), **how)

    def start_backfill(self, sources, to, *options, env=None) -> subprocess.Popen:
        return self.start(*self.backfill_arguments(sources, to, *options), env=env)

    def start(self, *arguments, env=None) -> subprocess.Popen:
        """A run that the test will signal or kill; finish() collects it."""
        process = subprocess.Popen(
            [str(self.binary), *map(str, arguments)],
            env=self.environment(env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip
        self._children.append(process)
        return process

    def finish(self, process: subprocess.Popen, timeout_s: float = 120) -> Run:
        stdout, stderr = process.communicate(timeout=timeout_s)
        return Run(process.returncode, stdout, stderr.decode("utf-8", "replace"), parse_summary(stdout))

    def replay(self, dead_letters, to, *options, again: Path | None = None, **how) -> Run:
        """Sends dead letters again; what fails once more goes to `again`, or to a folder of its own."""
        dead_letters = dead_letters if isinstance(dead_letters, (list, tuple)) else [dead_letters]
        return self.run(
            "replay", *map(str, dead_letters), "--to", str(to), "--summary", "json", "--progress", "never",
            "--dead-letter", str(again or self.folder / "dead-again"), *map(str, options), **how,
        )  # fmt: skip

    def config(self, text: str) -> Path:
        path = self.folder / "hecate.yaml"
        path.write_text(text)
        return path

    def dead_letter_records(self, folder: Path | None = None) -> list[dict]:
        folder = folder or self.dead_letters
        records = []
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            if path.is_file():
                records += [hec_events.parse_json(line) for line in hec_events.read_object_lines(path)]
        return records

    def stop_all(self) -> None:
        for process in self._children:
            if process.poll() is None:
                process.kill()
                process.communicate()


def parse_summary(stdout: bytes) -> dict:
    """The last line when it is a summary, else nothing."""
    lines = stdout.rstrip(b"\n").rsplit(b"\n", 1)
    try:
        last = json.loads(lines[-1])
    except ValueError:
        return {}
    return last if isinstance(last, dict) and "objects_total" in last else {}


class Receiver:
    """`hecate receive` on a port it chose itself."""

    def __init__(self, hecate: Hecate, folder: Path, token: str = TOKEN, options: tuple = (), keep: bool = True):
        """`keep` writes what arrives to a file; without it only counts remain."""
        self.out = folder / "received.ndjson"
        self._port_file = folder / "port"
        self._log = folder / "receive.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(hecate.binary), "receive", "--listen", "127.0.0.1:0", "--port-file", str(self._port_file),
                    "--token", token, *(["--out", str(self.out)] if keep else []), *map(str, options),
                ],
                env=hecate.environment({"SPLUNK_HEC_TOKEN": None}), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.port = self._wait_for_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/counts", timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> int:
        return stop_process(self.process)

    def object_texts(self) -> list[str]:
        """The events as they were sent. Stops the receiver first, so that all of them are on disk."""
        self.stop()
        return hec_events.read_object_lines(self.out)

    def events(self) -> list[dict]:
        return [hec_events.parse_event(text) for text in self.object_texts()]

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _wait_for_port(self, timeout_s: float = 20) -> int:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self._port_file.exists() and (text := self._port_file.read_text().strip()):
                return int(text)
            if self.process.poll() is not None:
                raise RuntimeError(f"hecate receive ended with {self.process.returncode}: {self.log()[-2000:]}")
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"hecate receive wrote no port within {timeout_s} s")


def run_measured(hecate: Hecate, *arguments, timeout_s: float = 600) -> tuple[Run, float]:
    """A run and its peak resident memory in MiB, measured by the kernel (see peak_rss.py)."""
    report = hecate.folder / "peak_rss.json"
    launcher = Path(__file__).with_name("peak_rss.py")
    run = hecate.run(*arguments, timeout_s=timeout_s, prefix=(sys.executable, "-S", "-E", launcher, report))
    return run, json.loads(report.read_text())["peak_kib"] / 1024


def assert_counts_add_up(run: Run) -> None:
    """The identity that every finished run owes its user."""
    assert set(run.summary) >= SUMMARY_KEYS, f"summary lacks {SUMMARY_KEYS - set(run.summary)}; {run.explain()}"
    outcome = sum(run.summary[name] for name in ("events_delivered", "events_filtered", "events_dead_lettered"))
    assert run.summary["events_read"] == outcome, run.explain()


def assert_delivered(run: Run, corpus) -> None:
    """Exit 0, and each event of the corpus counted where it belongs."""
    assert run.exit_code == 0, run.explain()
    assert_counts_add_up(run)
    assert run.summary["events_delivered"] == len(corpus.events), run.explain()
    assert run.summary["events_dead_lettered"] == 0, run.explain()
    assert run.summary["objects_failed"] == 0, run.explain()


def kill_hard(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
