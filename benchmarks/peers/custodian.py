"""Cloud Custodian's own filter classes on the same conditions. Runs in benchmarks/.venv and knows nothing of Sexton.

Reads {questions, resources} from standard input; writes the matches of each question and the CPU seconds that they took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from c7n.filters.core import FilterRegistry


def value(key: str, op: str, wanted: Any) -> dict[str, Any]:
    return {"type": "value", "key": key, "op": op, "value": wanted}


def absent(key: str) -> dict[str, Any]:
    return {"type": "value", "key": f"tag:{key}", "value": "absent"}


def filters(sort: str, given: dict[str, Any]) -> list[Any]:
    """A policy's `filters`, as its author would write them."""
    tag = f"tag:{given.get('key')}"
    match sort:
        case "missing":
            return [absent(given["key"])]
        case "named":
            return [{"not": [absent(given["key"])]}, {"not": [value(tag, "regex", given["pattern"])]}]
        case "old":
            return [value("AgeDays", "gt", given["days"])]
        case "stopped":
            return [value("State.Name", "eq", "stopped"), value("AgeDays", "gt", given["days"])]
        case "dear":
            return [value("Dollars", "gt", given["dollars"])]
        case "typed":
            return [value("InstanceType", "in", given["types"])]
        case "volumes":
            return [value("Volumes", "gt", given["most"]), value("Routes", "eq", False)]
        case "large":
            return [value("tag:env", "in", given["environments"]), value("InstanceType", "glob", f"*{given['ending']}")]
        case "before":
            return [{"not": [absent("ttl")]}, value("tag:ttl", "lt", given["day"])]
        case _:
            return [value("Region", "glob", "eu-*"), {"or": [value("Dollars", "gt", given["dollars"]), absent("service")]}]


def main() -> None:
    asked = json.load(sys.stdin)
    resources = asked["resources"]
    registry = FilterRegistry("filters")
    policies = [[part.validate() for part in registry.parse(filters(*one), None)] for one in asked["questions"]]
    begun = time.process_time()
    matches = [sum(all(part(resource) for part in parts) for resource in resources) for parts in policies]
    seconds = time.process_time() - begun
    json.dump({"matches": matches, "seconds": seconds}, sys.stdout)


main()
