"""Polars on the same conditions over a Parquet file of plain columns. Runs in benchmarks/.venv and knows nothing of Sexton.

Reads {questions, file, rounds} from standard input; writes the matches of each question and the seconds of each round: all
conditions in one lazy query, so that Polars shares what it can and uses every core.
"""

from __future__ import annotations

import json
import sys
import time
from functools import reduce
from operator import and_
from typing import Any

import polars as pl


def expression(sort: str, given: dict[str, Any]) -> pl.Expr:
    c = pl.col
    key = c(f"tag:{given.get('key')}")
    match sort:
        case "missing":
            parts = [key.is_null()]
        case "named":
            parts = [key.is_not_null(), ~key.str.contains(given["pattern"])]
        case "old":
            parts = [c("age_days") > given["days"]]
        case "stopped":
            parts = [c("state") == "stopped", c("age_days") > given["days"]]
        case "dear":
            parts = [c("monthly_dollars") > given["dollars"]]
        case "typed":
            parts = [c("type").is_in(given["types"])]
        case "volumes":
            parts = [c("volumes") > given["most"], ~c("routes")]
        case "large":
            parts = [c("tag:env").is_in(given["environments"]), c("type").str.ends_with(given["ending"])]
        case "before":
            parts = [c("tag:ttl") < given["day"]]
        case _:
            parts = [c("region").str.starts_with("eu-"), (c("monthly_dollars") > given["dollars"]) | c("tag:service").is_null()]
    return reduce(and_, parts)


def main() -> None:
    asked = json.load(sys.stdin)
    frame = pl.read_parquet(asked["file"])
    wanted = [expression(sort, given).sum().alias(str(place)) for place, (sort, given) in enumerate(asked["questions"])]
    seconds = []
    for _ in range(asked["rounds"] + 1):
        begun = time.perf_counter()
        frame.lazy().select(wanted).collect()
        seconds.append(time.perf_counter() - begun)
    known = frame.lazy().filter(pl.col("known")).select(wanted).collect()
    matches = [int(known[str(place)][0] or 0) for place in range(len(wanted))]
    json.dump({"matches": matches, "seconds": seconds[1:], "threads": pl.thread_pool_size()}, sys.stdout)


main()
