"""The price book: data with a source and a day, and never a zero."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from reapers.prices import book, merged

FILES = sorted(entry.name for entry in files("reapers.prices").iterdir() if entry.name.endswith(".json"))


def section(**prices: str) -> dict[str, Any]:
    return {"cloud": "aws", "region": "us-east-1", "source": "test", "day": "2026-01-01", "prices": prices}


@pytest.mark.parametrize("name", FILES)
def test_each_section_says_source_and_day(name: str) -> None:
    for found in json.loads(files("reapers.prices").joinpath(name).read_text("utf-8")):
        assert set(found) == {"cloud", "region", "source", "day", "prices"}
        assert found["cloud"] in ("aws", "gcp")
        assert len(found["source"]) > 10
        assert date(2020, 1, 1) < date.fromisoformat(found["day"]) < date(2027, 1, 1)
        assert all(isinstance(price, str) for price in found["prices"].values())


def test_known_prices_and_no_falling_back() -> None:
    assert book().price("aws", "us-east-1", "ec2/m5.large/hour") == Decimal("0.096")
    assert book().price("aws", "us-east-1", "ebs/gp3/gb-month") == Decimal("0.08")
    assert book().price("aws", "eu-west-1", "ec2/m5.large/hour") is None
    assert "Infracost" in book().source


@pytest.mark.parametrize("price", ["0", "0.0", "-1", "NaN", "Infinity"])
def test_a_price_is_above_zero(price: str) -> None:
    with pytest.raises(ValueError, match="not above zero"):
        merged([section(a=price)])


def test_a_price_stands_once() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        merged([section(a="1"), section(a="1")])
