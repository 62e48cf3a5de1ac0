"""Heads of the audit trail in a bucket with object lock: one small object each, which nobody can change or remove in time.

The key says it all, so that a list is enough to read them:
`PREFIX/20261125T010203Z.000000000042.HASH.json`, and `….HASH.r17.json` after `sexton recover`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reapers.anchor import Anchor, HeadsUnread, Kept, standing
from reapers.store.values import AuditHead

KEY = re.compile(r"(\d{8}T\d{6})Z\.(\d{12})\.([0-9a-f]{64})(?:\.r(\d{12}))?\.json", re.ASCII)
STAMP = "%Y%m%dT%H%M%S"


@dataclass(slots=True, init=False)
class HeadBucket(Anchor):
    """Heads below a prefix of an S3 bucket, each locked for as long as the settings say."""

    bucket: str
    prefix: str
    locked: timedelta
    client: Any

    def __init__(self, url: str, every: timedelta, locked: timedelta, client: Any = None) -> None:
        """`url` is s3://BUCKET/PREFIX. Nothing is asked yet; without a `client` one with the caller's credentials is made."""
        Anchor.__init__(self, every)
        self.bucket, _, prefix = url.removeprefix("s3://").partition("/")
        self.prefix = prefix.strip("/")
        self.locked = locked
        self.client = client

    @property
    def shown(self) -> str:
        """The address."""
        return f"s3://{self.bucket}/{self.prefix}"

    def last(self) -> Kept | None:
        """The newest object."""
        return max(self._kept(), key=lambda kept: kept.at, default=None)

    def heads(self) -> tuple[AuditHead, ...]:
        """Every object that counts."""
        kept = self._kept()
        if not kept:
            raise HeadsUnread(f"{self.shown} holds no head of the audit trail yet.")
        return standing(kept)

    def append(self, make: Callable[[Kept | None], Kept]) -> None:
        """One more object. Another server's of the same moment has a key of its own, and both count."""
        kept = make(self.last())
        until = kept.at.astimezone(UTC) + self.locked
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        self._asked("put_object", Key=self._key(kept), Body=kept.line(), ContentType="application/json", **lock)

    def _key(self, kept: Kept) -> str:
        stamp = kept.at.astimezone(UTC).strftime(STAMP)
        recovered = "" if kept.recovered is None else f".r{kept.recovered:012d}"
        name = f"{stamp}Z.{kept.head.seq:012d}.{kept.head.hash}{recovered}.json"
        return f"{self.prefix}/{name}" if self.prefix else name

    def _kept(self) -> list[Kept]:
        """In the order of time, which is that of their names. HeadsUnread for an object that is no head."""
        within = f"{self.prefix}/" if self.prefix else ""
        kept: list[Kept] = []
        more: dict[str, str] = {}
        while True:
            page = self._asked("list_objects_v2", Prefix=within, **more)
            kept += [self._parsed(one["Key"].removeprefix(within)) for one in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return kept
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _parsed(self, name: str) -> Kept:
        found = KEY.fullmatch(name)
        if found is None:
            raise HeadsUnread(f"{self.shown} holds {json.dumps(name)}, which is no head: keep nothing else there.")
        at = datetime.strptime(found[1], STAMP).replace(tzinfo=UTC)
        return Kept(at, AuditHead(int(found[2]), found[3]), int(found[4]) if found[4] else None)

    def _asked(self, call: str, **more: Any) -> Any:
        """One call; whatever the cloud or the network says instead is HeadsUnread as a sentence."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self.client is None:
                import boto3

                self.client = boto3.session.Session().client("s3")
            return getattr(self.client, call)(Bucket=self.bucket, **more)
        except ClientError as error:
            said = error.response.get("Error", {})
            raise HeadsUnread(
                f"{self.shown} refuses {call} ({said.get('Code', 'no reason')}): give the server s3:PutObject,"
                " s3:PutObjectRetention and s3:ListBucket there, on a bucket with object lock"
            ) from error
        except BotoCoreError as error:
            raise HeadsUnread(f"{self.shown} cannot be reached ({type(error).__name__})") from error
