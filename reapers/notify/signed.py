"""Is it Slack who sends this? The signature over the bytes of a request, and the form within."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

LARGEST = 100_000
"""Bytes of a body that are read. A message of ours comes back with its click and stays far below."""
ANSWERS = "hooks.slack.com"
"""The host that Slack's response URLs have."""
FORM = "application/x-www-form-urlencoded"


class Now(Protocol):
    """Tells the time; reapers.clock.Clock does."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""


class BadClick(Exception):
    """A request that is nothing of ours. `status` is the HTTP status to answer with, the text one sentence."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


class Seconds(SlackClock):
    """A clock as slack_sdk's verifier asks for it."""

    def __init__(self, clock: Now) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now().timestamp()


class Signed:
    """Reads forms that Slack has signed."""

    def __init__(self, signing_secret: str, clock: Now, base_url: str = "") -> None:
        """`base_url` is the Slack API in use: response URLs of its host are allowed too."""
        self._verifier = SignatureVerifier(signing_secret, Seconds(clock))
        self._hosts = frozenset({ANSWERS, urlsplit(base_url).netloc} - {""})

    def form(self, body: bytes, headers: Mapping[str, str], fields: int) -> tuple[Mapping[str, str], str]:
        """The fields, each once, and the SHA-256 of the signature. BadClick: 401 unsigned, stale or forged; 413 too large; 400
        signed but no form of at most so many fields."""
        names = {name.lower(): value for name, value in headers.items()}
        self._verify(body, names)
        if names.get("content-type", "").split(";")[0].strip().lower() != FORM:
            raise BadClick("Slack sends clicks as a form; this is something else.", 400)
        try:
            read = parse_qs(body.decode(), strict_parsing=True, keep_blank_values=True, max_num_fields=fields)
            form = {name: value for name, (value,) in read.items()}
        except ValueError:
            raise BadClick("The form cannot be read.", 400) from None
        return form, hashlib.sha256(names["x-slack-signature"].encode()).hexdigest()

    def _verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        if len(body) > LARGEST:
            raise BadClick(f"A click has at most {LARGEST:,} bytes.", 413)
        try:
            signed = self._verifier.is_valid_request(body, dict(headers))
        except (ValueError, TypeError):  # a timestamp that is no number, a body that is not UTF-8, a signature that is not ASCII
            signed = False
        if not signed:
            raise BadClick("The request is not signed by Slack with our signing secret, or is older than five minutes.", 401)

    def allowed(self, url: str) -> str:
        """A response URL only of Slack's host over https, or of the API that is configured; else empty."""
        parts = urlsplit(url)
        slack = parts.scheme == "https" and parts.netloc == ANSWERS
        ours = parts.netloc in self._hosts - {ANSWERS} and parts.scheme in {"http", "https"}
        return url if slack or ours else ""
