"""Fixtures of the integration tests.

HECATE_BIN       the binary under test (default: build/release/hecate)
HECATE_OTELCOL   the collector built by tests/support/otel/build.sh (default: build/otel/otelcol);
                 without it the tests that need it fail
HECATE_BIG       1: the memory tests use 4 GiB and 100,000 files
HECATE_LOG_SAMPLES  a folder of *.log files whose lines join the corpora
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import corpus as corpora_of  # noqa: E402
from corpus import Corpus  # noqa: E402
from fake_hec import FakeHec  # noqa: E402
from harness import TOKEN, Hecate, Receiver  # noqa: E402
from otel import OtelCollector  # noqa: E402

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def hecate_binary() -> Path:
    binary = Path(os.environ.get("HECATE_BIN", ROOT / "build" / "release" / "hecate")).resolve()
    if not os.access(binary, os.X_OK):
        pytest.fail(f"{binary} is no executable: build hecate first, or set HECATE_BIN", pytrace=False)
    return binary


@pytest.fixture
def hecate(hecate_binary: Path, tmp_path: Path):
    """Runs commands; everything they keep lies in the test's own folder."""
    folder = tmp_path / "run"
    folder.mkdir()
    runner = Hecate(hecate_binary, folder)
    yield runner
    runner.stop_all()


@pytest.fixture
def receiver(hecate: Hecate, tmp_path: Path):
    """A factory: receiver(*options, token=..., keep=...) starts one `hecate receive` more."""
    started: list[Receiver] = []

    def start(*options, token: str = TOKEN, keep: bool = True) -> Receiver:
        folder = tmp_path / f"receiver{len(started)}"
        folder.mkdir()
        started.append(Receiver(hecate, folder, token, options, keep))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def fake_hec():
    """A factory: fake_hec(answers, token=..., delay_s=..., decide=...) starts one fake more."""
    started: list[FakeHec] = []

    def start(*arguments, later: bool = False, **options) -> FakeHec:
        started.append(FakeHec(*arguments, **options))
        return started[-1] if later else started[-1].start()

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def corpora(tmp_path_factory):
    """A factory with a memory: corpora("text"), corpora("all"), corpora("many"). Tests only read them."""
    built: dict[str, Corpus] = {}

    def get(name: str) -> Corpus:
        if name not in built:
            folder = tmp_path_factory.mktemp(f"corpus-{name}")
            if name == "all":
                built[name] = corpora_of.build_all(folder)
            elif name == "many":
                built[name] = corpora_of.build_many_objects(folder, objects=20, events_each=1000)
            else:
                built[name] = corpora_of.FORMATS[name](folder)
        return built[name]

    return get


@pytest.fixture
def otel(tmp_path: Path):
    """A factory: otel() starts one OpenTelemetry Collector more. A missing collector fails the test:
    a judge that is absent has approved of nothing."""
    binary = Path(os.environ.get("HECATE_OTELCOL", ROOT / "build" / "otel" / "otelcol")).resolve()
    started: list[OtelCollector] = []

    def start() -> OtelCollector:
        if not os.access(binary, os.X_OK):
            pytest.fail(
                f"{binary} is no executable: build it with 'bash tests/support/otel/build.sh {binary}', "
                "or set HECATE_OTELCOL",
                pytrace=False,
            )
        folder = tmp_path / f"otel{len(started)}"
        folder.mkdir()
        started.append(OtelCollector(binary, folder))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()
