"""The price book: public list prices as data, each with where it comes from and of which day it is.

Every `*.json` here is a list of sections. A section holds prices of one source and day:

    {"cloud": "aws", "region": "us-east-1", "source": "who published it", "day": "2026-07-20",
     "prices": {"ebs/gp3/gb-month": "0.08"}}

A price is dollars for one unit, as text so that no digit is lost; the item's last part names the unit. Items are named by the
kinds that use them. A place or item that is not here has no known price: there is no falling back to another region.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from engine.money import PriceBook

Prices = dict[tuple[str, str, str], Decimal]


@cache
def book() -> PriceBook:
    """All prices that come with Sexton. `day` is that of the oldest section."""
    names = sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".json"))
    sections = [section for name in names for section in json.loads(files(__name__).joinpath(name).read_text("utf-8"))]
    return PriceBook(
        prices=merged(sections),
        source="; ".join(sorted({section["source"] for section in sections})),
        day=min(date.fromisoformat(section["day"]) for section in sections),
    )


def merged(sections: Iterable[Mapping[str, Any]]) -> Prices:
    """All sections as one mapping. ValueError for a price that is not above zero or stands twice: we never pick one."""
    prices: Prices = {}
    for section in sections:
        for item, text in section["prices"].items():
            where, price = (section["cloud"], section["region"], item), Decimal(text)
            if where in prices or not price.is_finite() or price <= 0:
                raise ValueError(f"the price of {item} in {section['region']} is {text}: it stands twice, or is not above zero")
            prices[where] = price
    return prices
