"""Which methods the double plays, and with what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.documents import methods
from demo.gcp.estate import Estate, Thing, label_fingerprint
from demo.gcp.refusals import Refusal, invalid

Play = Callable[[Estate, Call], dict[str, Any]]

PLAYS: dict[str, Play] = {}
"""Method id -> what answers it. Filled by the modules that `plays` decorates in."""

LABEL = re.compile(r"[a-z0-9_-]{0,63}")
LABELS = 64
"""How many labels Google allows on one resource."""


def plays(*ids: str) -> Callable[[Play], Play]:
    """Registers a function as the answer to methods that Google's documents know."""
    unknown = set(ids) - set(methods())
    assert not unknown, f"not in the discovery documents: {unknown}"

    def register(play: Play) -> Play:
        PLAYS.update(dict.fromkeys(ids, play))
        return play

    return register


def labelled(labels: Mapping[str, str]) -> dict[str, Any]:
    """The members of a resource that speak of its labels. Refusal when Google would not take them."""
    if len(labels) > LABELS:
        raise invalid("resource.labels", f"{len(labels)} labels. At most {LABELS} are allowed.")
    for key, value in labels.items():
        if not LABEL.fullmatch(key) or not key[:1].isalpha() or not LABEL.fullmatch(value):
            raise invalid("resource.labels", f"'{key}={value}'. Keys and values are lower-case letters, digits, _ and -.")
    return ({"labels": dict(labels)} if labels else {}) | {"labelFingerprint": label_fingerprint(labels)}


def show(thing: Thing) -> dict[str, Any]:
    """The answer of a get."""
    return thing.shown


def nothing() -> None:
    """What some operations do when they end."""


def in_use(what: str, thing: Thing) -> Refusal:
    """Google does not delete what something uses."""
    user = thing.shown.get("users", ["something"])[0]
    said = f"The {what} resource '{thing.path}' is already being used by '{user}'"
    return Refusal(400, "resourceInUseByAnotherResource", said)
