"""An OpenTelemetry Collector with the splunk_hec receiver, started for one test.

The binary is built by tests/support/otel/build.sh. The collector writes what it received to a file,
one JSON object a line (OTLP); events() turns that back into HEC events in the form that events.py
compares. The collector keeps times as nanoseconds it computed in floating point, so times are
rounded to the millisecond here; a time of 0 is one it was not told. Numbers inside events come back
as floating point. It checks no token and no index, and accepts any path: it says nothing about those.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from support import free_port, stop_process

TEMPLATE = Path(__file__).parents[1] / "support" / "otel" / "config.yaml.template"
METADATA = {
    "host.name": "host",
    "com.splunk.source": "source",
    "com.splunk.sourcetype": "sourcetype",
    "com.splunk.index": "index",
}
READY = b"Everything is ready"
NANOSECONDS_PER_MILLISECOND = 1_000_000


class OtelCollector:
    """Owns the process, its port and its files; start() returns once it answers."""

    def __init__(self, binary: Path, folder: Path):
        self.binary = binary
        self.folder = folder
        self.port = free_port()
        self.out = folder / "otel.json"
        self.log = folder / "otel.log"
        self.process: subprocess.Popen | None = None
        self._exit_code = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout_s: float = 30) -> "OtelCollector":
        config = self.folder / "otel.yaml"
        config.write_text(
            TEMPLATE.read_text().replace("@PORT@", str(self.port)).replace("@OUT@", str(self.out))
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.binary, f"--config=file:{config}"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + timeout_s
        while not self._ready():
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"the OpenTelemetry Collector is not healthy after {timeout_s} s: {self._log_end()}"
                )
            time.sleep(0.05)
            self._check_alive()
        return self

    def stop(self) -> int:
        """Ends the collector, which flushes its file on the way out; 0 when it ended well."""
        if self.process is not None:
            self._exit_code = stop_process(self.process)
            self.process = None
        return self._exit_code

    def events(self) -> list[dict]:
        """Stops the collector, so that everything is on disk, and reads what it wrote.

        A collector that ended badly may have lost what it accepted; that must not look like hecate's doing.
        """
        exit_code = self.stop()
        if exit_code != 0:
            raise RuntimeError(f"the OpenTelemetry Collector ended with {exit_code}: {self._log_end()}")
        return read_events(self.out)

    def _check_alive(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(
                f"the OpenTelemetry Collector ended with {self.process.returncode}: {self._log_end()}"
            )

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def _ready(self) -> bool:
        """Its own log must say so too: what answers may be another process that took the port first."""
        if READY not in self.log.read_bytes():
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/services/collector/health", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


def read_events(path: Path) -> list[dict]:
    events = []
    with path.open("rb") as lines:
        for line in lines:
            for resource_logs in json.loads(line).get("resourceLogs", []):
                metadata = _attributes(resource_logs.get("resource", {}).get("attributes", []))
                for scope_logs in resource_logs.get("scopeLogs", []):
                    for record in scope_logs.get("logRecords", []):
                        events.append(_event(metadata, record))
    return events


def _event(metadata: dict, record: dict) -> dict:
    event: dict = {}
    nanoseconds = int(record.get("timeUnixNano", 0))
    if nanoseconds:
        milliseconds = round(nanoseconds / NANOSECONDS_PER_MILLISECOND)
        event["time"] = f"{milliseconds // 1000}.{milliseconds % 1000:03d}"
    fields = {}
    for key, value in {**metadata, **_attributes(record.get("attributes", []))}.items():
        if key in METADATA:
            event[METADATA[key]] = value
        else:
            fields[key] = value
    if fields:
        event["fields"] = fields
    event["event"] = _value(record.get("body", {}))
    return event


def _attributes(pairs: list[dict]) -> dict:
    return {pair["key"]: _value(pair.get("value", {})) for pair in pairs}


def _value(value: dict):
    """One OTLP AnyValue as plain JSON; 64-bit integers are strings in OTLP's JSON."""
    if not value:
        return None
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [_value(item) for item in content.get("values", [])]
    if kind == "kvlistValue":
        return _attributes(content.get("values", []))
    return content
