"""What time it is by a cloud's own clock, as its answers are dated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demo.aws.local import LocalAWS
from demo.clock import StoryClock
from demo.gcp.local import LocalGCP
from engine.model import Role
from reapers.clouds.aws import AWS
from reapers.clouds.dates import Dates
from reapers.clouds.gcp import GCP

THEN = datetime(2031, 3, 4, 5, 6, 7, tzinfo=UTC)
SECOND = timedelta(seconds=30)


def test_the_newest_date_is_remembered_and_no_date_says_nothing() -> None:
    dates = Dates()
    for header in (None, "", "yesterday"):
        dates.hear(header)
    assert dates.newest is None
    dates.hear("Tue, 04 Mar 2031 05:06:07 GMT")
    dates.hear(None)
    assert dates.newest == THEN


def test_awss_answers_are_dated_by_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalAWS(clock=StoryClock(THEN)) as local:
        for name, value in local.environment().items():
            monkeypatch.setenv(name, value)
        cloud = AWS()
        assert cloud.date() is None
        cloud.accounts()
        said = cloud.date()
        assert said is not None
        assert THEN <= said <= THEN + SECOND
        local.fail("UnauthorizedOperation", service="ec2", action="DescribeRegions")
        before = said
        with pytest.raises(Exception, match="DescribeRegions"):
            cloud.regions("111122223333")
        assert (cloud.date() or THEN) >= before, "a refusal is dated as well"


def test_googles_answers_are_dated_by_its_own_clock() -> None:
    with LocalGCP(["acme-dev"], clock=StoryClock(THEN)) as local:
        cloud = GCP(["acme-dev"], local.url)
        assert cloud.date() is None
        cloud.cell("acme-dev", "*", Role.SCAN, THEN).get("global/addresses")
        said = cloud.date()
        cloud.close()
        assert said is not None
        assert THEN <= said <= THEN + SECOND
