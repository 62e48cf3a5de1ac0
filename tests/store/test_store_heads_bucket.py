"""Heads in a bucket with object lock: kept, read again, and not to be removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.aws.local import LocalAWS
from demo.clock import StoryClock
from reapers.anchor import Gap, HeadsUnread
from reapers.heads_bucket import HeadBucket
from reapers.store import Ledger, open_ledger

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAWS]:
    with LocalAWS(["111122223333"], StoryClock(NOON)) as running:
        yield running


@pytest.fixture
def s3(aws: LocalAWS) -> Any:
    return aws.client("s3", "111122223333")


@pytest.fixture
def url(s3: Any, request: pytest.FixtureRequest) -> str:
    """A prefix of a bucket of its own: what is locked cannot be cleared away after a test."""
    name = f"acme-{abs(hash(request.node.name))}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return f"s3://{name}/sexton/prod"


@pytest.fixture
def trail(tmp_path: Any) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for number in range(6):
            ledger.freeze("ada@example.com", f"drill {number}", NOON)
        yield ledger


def kept(s3: Any, url: str) -> list[Any]:
    found: list[Any] = s3.list_objects_v2(Bucket=url.split("/")[2])["Contents"]
    return found


def test_a_head_is_kept_once_an_hour_and_read_again(s3: Any, url: str, trail: Ledger) -> None:
    heads = HeadBucket(url, HOUR, HOUR, s3)
    for minutes in range(0, 150, 10):
        assert heads.keep(trail, NOON + timedelta(minutes=minutes))
    assert [head.seq for head in HeadBucket(url, HOUR, HOUR, s3).heads()] == [6, 6, 6]
    assert trail.verify_audit(heads=HeadBucket(url, HOUR, HOUR, s3).heads()).ok
    again = HeadBucket(url, HOUR, HOUR, s3)
    assert again.keep(trail, NOON + timedelta(minutes=150)), "after a restart it goes on where it ended"
    assert len(HeadBucket(url, HOUR, HOUR, s3).heads()) == 3


def test_it_is_locked(s3: Any, url: str, trail: Ledger) -> None:
    HeadBucket(url, HOUR, HOUR, s3).keep(trail, NOON)
    (one,) = kept(s3, url)
    assert one["Key"] == f"sexton/prod/20261102T120000Z.000000000006.{trail.audit_head().hash}.json"
    found = s3.head_object(Bucket=url.split("/")[2], Key=one["Key"])
    assert (found["ObjectLockMode"], found["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", NOON + HOUR)


def test_an_older_ledger_shows_and_a_recovery_is_kept(s3: Any, url: str, trail: Ledger) -> None:
    heads = HeadBucket(url, HOUR, HOUR, s3)
    heads.keep(trail, NOON)
    trail.freeze("ada@example.com", "more", NOON)
    heads.keep(trail, NOON + HOUR)
    with trail.database.writing() as connection:
        connection.exec_driver_sql("delete from audit where seq > 6")
    assert HeadBucket(url, HOUR, HOUR, s3).behind(trail)
    gap = HeadBucket(url, HOUR, HOUR, s3).gap(trail)
    assert gap == Gap(whole=6, lost=7)
    HeadBucket(url, HOUR, HOUR, s3).recovered(trail, gap, NOON + 2 * HOUR)
    assert not HeadBucket(url, HOUR, HOUR, s3).behind(trail)
    assert [head.seq for head in HeadBucket(url, HOUR, HOUR, s3).heads()] == [6, 6]
    assert len(kept(s3, url)) == 3, "what was kept before is still there"


def test_what_goes_wrong_is_a_sentence(s3: Any, url: str, trail: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = HeadBucket("s3://no-such-bucket/x", HOUR, HOUR, s3)
    assert not elsewhere.keep(trail, NOON)
    assert "s3://no-such-bucket/x refuses list_objects_v2 (NoSuchBucket)" in caplog.text
    assert not elsewhere.behind(trail)
    assert "NoSuchBucket" in elsewhere.unread, "then nobody can tell"
    s3.put_object(Bucket=url.split("/")[2], Key="sexton/prod/notes.txt", Body=b"mine")
    with pytest.raises(HeadsUnread, match=r'holds "notes.txt", which is no head'):
        HeadBucket(url, HOUR, HOUR, s3).heads()


def test_a_bucket_without_lock_is_refused(aws: LocalAWS, trail: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    client = aws.client("s3", "111122223333")
    client.create_bucket(Bucket="unlocked")
    assert not HeadBucket("s3://unlocked/heads", HOUR, HOUR, client).keep(trail, NOON)
    assert "on a bucket with object lock" in caplog.text
