"""Indexer acknowledgement as a rule for FakeHec: FakeHec(decide=AckRule().decide).

What was taken is not yet indexed: a batch counts as indexed only when the rule commits it, which is
when polls for it turn true. Until then it is gone if the server crashes, and that is what the tests
want to see survived. Every channel counts its ids from 0; "true" is said once.
"""

from __future__ import annotations

import json
from typing import Callable

from fake_hec import Answer, FakeHec, Request


class AckRule:
    """`commits(channel number, ack id)` says whether a batch is indexed; by default at once."""

    def __init__(self, commits: Callable[[int, int], bool] = lambda channel, ack_id: True, cookie: str = ""):
        self.commits = commits
        self.cookie = cookie
        self.poll_answer: Answer | None = None  # instead of the truth
        self.post_answer: Answer | None = None
        self.server: FakeHec | None = None
        self.posts = self.polls = self.strangers = 0
        self.channels: dict[str, int] = {}
        self._issued: dict[str, int] = {}
        self._waiting: dict[tuple[str, int], list[str]] = {}
        self._confirmed: set[tuple[str, int]] = set()

    def start(self, make: Callable[..., FakeHec]) -> FakeHec:
        self.server = make(decide=self.decide)
        return self.server

    def crash(self) -> int:
        """Forgets every id, and what waited to be indexed. How many batches that were."""
        lost = len(self._waiting)
        self._issued, self._waiting, self._confirmed = {}, {}, set()
        return lost

    def decide(self, request: Request) -> Answer:
        channel = request.headers["x-splunk-request-channel"]
        self.channels.setdefault(channel, len(self.channels))
        return self._poll(channel, request) if request.path.endswith("/ack") else self._post(channel, request)

    def issue(self, channel: str) -> int:
        return self._issued.get(channel, 0)

    def _post(self, channel: str, request: Request) -> Answer:
        self.posts += 1
        if self.post_answer:
            return self.post_answer
        ack_id = self.issue(channel)
        self._issued[channel] = ack_id + 1
        if self.commits(self.channels[channel], ack_id):
            self.server.indexed += request.objects
            self._confirmed.add((channel, ack_id))
        else:
            self._waiting[channel, ack_id] = request.objects
        headers = (("Set-Cookie", f"sticky={self.cookie}; Path=/"),) if self.cookie else ()
        return Answer(200, json.dumps({"text": "Success", "code": 0, "ackId": ack_id}), headers, keeps=False)

    def _poll(self, channel: str, request: Request) -> Answer:
        self.polls += 1
        if self.poll_answer:
            return self.poll_answer
        wanted = [int(ack_id) for ack_id in json.loads(request.objects[0])["acks"]]
        stranger = self.cookie and f"sticky={self.cookie}" not in request.headers.get("cookie", "")
        stranger = stranger or any(ack_id >= self._issued.get(channel, 0) for ack_id in wanted)
        self.strangers += bool(stranger)
        acks = {}
        for ack_id in wanted:
            acks[str(ack_id)] = not stranger and (channel, ack_id) in self._confirmed
            if acks[str(ack_id)]:
                self._confirmed.discard((channel, ack_id))
        return Answer(200, json.dumps({"acks": acks}), keeps=False)
