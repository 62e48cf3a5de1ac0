"""Money with three states: a known amount, free, or unknown with a reason. An unknown price is never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")

HOURS_PER_MONTH = Decimal(730)
"""365 days × 24 h / 12, the month that AWS's and Google's own calculators use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """US dollars a month: what is known, and how many resources of the sum have no known price."""

    known: Decimal = Decimal(0)
    unpriced: int = 0
    why: str = ""
    free: bool = False

    @classmethod
    def of(cls, amount: Decimal | int | str) -> Money:
        """A known amount of dollars a month."""
        return cls(known=Decimal(amount))

    @classmethod
    def unknown(cls, why: str) -> Money:
        """One resource whose price we do not know, and why."""
        return cls(unpriced=1, why=why)

    def __add__(self, other: Money) -> Money:
        return Money(
            known=self.known + other.known,
            unpriced=self.unpriced + other.unpriced,
            why=self.why or other.why,
            free=self.free and other.free,
        )

    @property
    def is_known(self) -> bool:
        """Whether every part of the sum has a price."""
        return self.unpriced == 0

    def __str__(self) -> str:
        if self.free:
            return "free"
        amount = f"${self.known.quantize(CENT, ROUND_HALF_UP):,}/mo"
        if self.is_known:
            return amount
        return f"≥ {amount} ({self.unpriced} unpriced)" if self.known else f"unknown price ({self.why or self.unpriced})"

    def as_json(self) -> dict[str, object]:
        """{"known": "412.00", "unpriced": 2, "currency": "USD"}, with `why` and `free` where they say more."""
        shape: dict[str, object] = {
            "known": str(self.known.quantize(CENT, ROUND_HALF_UP)),
            "unpriced": self.unpriced,
            "currency": "USD",
        }
        return shape | ({"why": self.why} if self.why else {}) | ({"free": True} if self.free else {})


FREE = Money(free=True)
NOTHING = FREE
"""The sum of no resources."""


def total(parts: Iterable[Money]) -> Money:
    """The sum of many: known amounts add up, unknown ones are counted."""
    result = NOTHING
    for part in parts:
        result += part
    return result


def billionths(money: Money) -> int:
    """What is known of it, as a whole number that adds up without a loss."""
    return int(money.known.scaleb(9).to_integral_value())


def summed(nanos: int, unpriced: int, free: bool) -> Money:
    """A sum of billionths of a dollar. It has no `why`: each of its parts has its own."""
    return Money(known=Decimal(nanos).scaleb(-9), unpriced=unpriced, free=free)


def sum_of(parts: Iterable[Money]) -> Money:
    """The sum of many to a billionth of a dollar, as columns add up."""
    parts = tuple(parts)
    unpriced = sum(part.unpriced for part in parts)
    return summed(sum(map(billionths, parts)), unpriced, all(part.free for part in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """List prices by (cloud, region, item): dollars for one unit. Items are named by the kinds that use them."""

    prices: Mapping[tuple[str, str, str], Decimal]
    source: str
    day: date

    def price(self, cloud: str, region: str, item: str) -> Decimal | None:
        """Dollars for one unit, or None where this book has no price: the caller answers `Money.unknown`."""
        return self.prices.get((cloud, region, item))

    def monthly(self, cloud: str, region: str, parts: Mapping[str, Decimal | int | float]) -> Money:
        """The monthly price of `parts` (item -> units a month); unknown as a whole when one part has no price."""
        amount = Decimal(0)
        for item, units in parts.items():
            price = self.price(cloud, region, item)
            if price is None:
                return Money.unknown(f"no list price for {item} in {region}")
            amount += price * Decimal(str(units))
        return Money.of(amount)
