"""Money: an unknown price is never nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from engine.money import FREE, Money, PriceBook, total

BOOK = PriceBook(prices={("aws", "us-east-1", "gb"): Decimal("0.08")}, source="test", day=date(2026, 11, 1))


def test_sums_say_how_many_have_no_price() -> None:
    assert str(total([Money.of("400.004"), Money.of(12), Money.unknown("x"), Money.unknown("y")])) == "≥ $412.00/mo (2 unpriced)"
    assert str(total([])) == "free"
    assert str(total([FREE, Money.of(1)])) == "$1.00/mo"
    assert str(Money.unknown("no list price")) == "unknown price (no list price)"
    assert str(Money.of(1234567)) == "$1,234,567.00/mo"


def test_as_json() -> None:
    assert Money.of("1.005").as_json() == {"known": "1.01", "unpriced": 0, "currency": "USD"}
    assert Money.unknown("why").as_json() == {"known": "0.00", "unpriced": 1, "currency": "USD", "why": "why"}
    assert FREE.as_json()["free"] is True


def test_a_book_prices_the_whole_or_nothing() -> None:
    assert BOOK.monthly("aws", "us-east-1", {"gb": 10}) == Money.of("0.80")
    assert BOOK.monthly("aws", "us-east-1", {"gb": 10, "iops": 1}).why == "no list price for iops in us-east-1"
    assert not BOOK.monthly("aws", "eu-west-1", {"gb": 10}).is_known
