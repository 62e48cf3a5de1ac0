"""Run by the interpreter of benchmarks/.venv: what Cloud Custodian's own classes let through. One JSON line in, one out.

In: {"resource", "filters", "found": [raw answers]}; a date is {"$date": text}. Out: a list of indexes, or the text of an error.
"""

import datetime
import json
import logging
import sys

from c7n.config import Config
from c7n.filters.core import FilterRegistry
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

logging.disable(logging.CRITICAL)


class Model:
    id = "name"


class Manager:
    """Enough of a manager for the generic filters: c7n_gcp is not installed."""

    def __init__(self, filters, model_id):
        self.data = {}
        self.model = type("Model", (), {"id": model_id})
        self.filters = FilterRegistry("filters").parse(filters, self)

    def get_model(self):
        return self.model

    def iter_filters(self, block_end=False):
        return iter(())

    def filter_resources(self, found):
        for one in self.filters:
            found = one.process(found)
        return found


def dated(value):
    return datetime.datetime.fromisoformat(value["$date"]) if "$date" in value else value


def manager(resource, filters):
    if resource.startswith("gcp."):
        return Manager(filters, "projectId" if resource == "gcp.project" else "name")
    load_resources((resource,))
    policy = {"name": "one", "resource": resource, "filters": filters}
    (only,) = PolicyCollection.from_data({"policies": [policy]}, Config.empty(region="us-east-1"))
    return only.resource_manager


def answer(asked):
    found = asked["found"]
    for index, one in enumerate(found):
        one["index"] = index
    try:
        kept = manager(asked["resource"], asked["filters"]).filter_resources(found)
    except Exception as error:  # noqa: BLE001 - whatever a filter breaks at is an answer too
        return f"{type(error).__name__}: {error}"
    return sorted(one["index"] for one in kept)


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line, object_hook=dated))), flush=True)
