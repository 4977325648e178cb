"""An HEC server that misbehaves as it is told, for tests of retries and resuming.

Answers come from a script, one a POST, then from the default (success). What counts as indexed is
kept apart from what was merely seen, so a test can say exactly which copies a real Splunk would
hold. It knows no acks and no raw endpoint.
"""

from __future__ import annotations

import dataclasses
import gzip
import http.server
import json
import socket
import struct
import threading
import time
from typing import Callable

import events as hec_events

SUCCESS = '{"text":"Success","code":0}'


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer. `keeps` says whether the events are indexed although the answer may say otherwise."""

    status: int = 200
    body: str = SUCCESS
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0
    keeps: bool | None = None  # None: exactly when this answer is a success
    then: str = "keep-alive"  # or "reset" (before answering), "cut" (half the body), "close"

    @property
    def indexes(self) -> bool:
        if self.keeps is not None:
            return self.keeps
        return self.status == 200 and self.body == SUCCESS and self.then in ("keep-alive", "close")


OK = Answer()
BUSY = Answer(503, '{"text":"Server is busy","code":9}')
BROKEN = Answer(500, '{"text":"Internal server error","code":8}')
AT_CAPACITY = Answer(429, '{"text":"HEC queue is at capacity and cannot process any more requests","code":26}')
WRONG_TOKEN = Answer(403, '{"text":"Invalid token","code":4}')
UNAUTHORIZED = Answer(401, '{"text":"Invalid authorization","code":3}')
TOO_LARGE = Answer(413, "<html><body>Content-Length too large</body></html>", (("Content-Type", "text/html"),))
BAD_GATEWAY = Answer(502, "<html><body>bad gateway</body></html>", (("Content-Type", "text/html"),))


@dataclasses.dataclass
class Request:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    objects: list[str]
    wire_bytes: int
    answer: Answer | None = None

    def events(self) -> list[dict]:
        return [hec_events.parse_event(text) for text in self.objects]


class FakeHec:
    """Thread-safe; start() may come long after the port was chosen."""

    def __init__(self, answers: list[Answer] | None = None, token: str | None = None, delay_s: float = 0,
                 decide: Callable[[Request], Answer | None] | None = None, port: int = 0):  # fmt: skip
        self.token = token
        self.delay_s = delay_s
        self._answers = list(answers or [])
        self._decide = decide
        self._port = port
        self._lock = threading.Lock()
        self._server: http.server.ThreadingHTTPServer | None = None
        self.requests: list[Request] = []
        self.indexed: list[str] = []
        self.in_flight = 0
        self.in_flight_max = 0

    def start(self) -> "FakeHec":
        owner = self

        class Handler(_Handler):
            fake = owner

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def events(self) -> list[dict]:
        with self._lock:
            return [hec_events.parse_event(text) for text in self.indexed]

    def wait_for_requests(self, count: int, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"only {len(self.requests)} of {count} requests came"
            time.sleep(0.005)

    def forget_requests(self) -> None:
        with self._lock:
            self.requests = []

    def take(self, request: Request) -> Answer:
        """Chooses the answer; the script comes first, then the test's rule, then the token, then success."""
        with self._lock:
            self.requests.append(request)
            if self._answers:
                answer = self._answers.pop(0)
            elif self._decide and (decided := self._decide(request)):
                answer = decided
            elif self.token and request.headers.get("authorization") != f"Splunk {self.token}":
                answer = WRONG_TOKEN
            else:
                answer = OK
            request.answer = answer
            return answer

    def settle(self, request: Request, answer: Answer) -> None:
        """Indexes what the answer lets in. A code-6 answer lets in what precedes the event it names."""
        with self._lock:
            if answer.indexes:
                self.indexed += request.objects
            elif answer.status == 400 and '"invalid-event-number"' in answer.body:
                self.indexed += request.objects[: json.loads(answer.body)["invalid-event-number"]]

    def entered(self, change: int) -> None:
        with self._lock:
            self.in_flight += change
            self.in_flight_max = max(self.in_flight_max, self.in_flight)


def refuse_events_with(text: str) -> Callable[[Request], Answer | None]:
    """A rule like Splunk's: the first event that holds `text` stops the request and is named."""

    def decide(request: Request) -> Answer | None:
        for number, event in enumerate(request.objects):
            if text in event:
                body = {"text": "Invalid data format", "code": 6, "invalid-event-number": number}
                return Answer(400, json.dumps(body))
        return None

    return decide


def refuse_bodies_over(size: int) -> Callable[[Request], Answer | None]:
    def decide(request: Request) -> Answer | None:
        return TOO_LARGE if sum(len(text.encode()) for text in request.objects) > size else None

    return decide


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address) -> None:
        """Clients that are killed in the middle of a request are the point of some tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Splunkd"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    fake: FakeHec

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self._send(Answer(200, '{"text":"HEC is healthy","code":17}'))

    def do_POST(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        self.fake.entered(+1)
        try:
            self._answer(body)
        finally:
            self.fake.entered(-1)

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        text = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        request = Request(self.path, headers, hec_events.split_objects(text.decode("utf-8")), len(body))
        answer = self.fake.take(request)
        time.sleep(answer.delay_s + self.fake.delay_s)
        self.fake.settle(request, answer)
        if answer.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self._send(answer)

    def _read_body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunks()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def _read_chunks(self) -> bytes | None:
        chunks = []
        while True:
            line = self.rfile.readline()
            if not line:
                return None
            size = int(line.split(b";")[0], 16)
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(chunks)

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        names = {name.lower() for name, _ in answer.headers}
        for name, value in answer.headers:
            self.send_header(name, value)
        if "content-type" not in names:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        if answer.then in ("close", "cut"):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if answer.then == "cut" else body)
        self.wfile.flush()
