"""Why a policy matches, in words."""

from __future__ import annotations

import pytest

from engine.because import because
from engine.model import Unknown


@pytest.mark.parametrize(
    ("values", "fact", "words"),
    [
        ({"state": "available", "idle_days": 31.9}, "detached", "state available and detached for 31 days"),
        ({"idle_days": 1.2}, "", "idle for 1 day"),
        ({"owner": None}, "", "no owner"),
        ({"ttl_days_left": -3.2}, "", "its lifetime ended 3 days ago"),
        ({"ttl_days_left": -0.5}, "", "its lifetime ended today"),
        ({"ttl_days_left": 2.5}, "", "its lifetime ends in 2 days"),
        ({"age_days": 400.0, "encrypted": False, "public": True}, "", "400 days old, not encrypted and public"),
        ({"tags.keep": None, "cpu_percent": 1.50}, "", "no tag keep and cpu percent 1.5"),
        ({"cpu_percent": Unknown("denied")}, "", "cpu percent not known"),
        ({"tags": {}}, "", "no tags"),
        ({"tags": {"b": "1", "a": "2"}}, "", "tags a, b"),
        ({"name": "evil\x1b[31m\nname"}, "", "name evil name"),
    ],
)
def test_values_become_words(values: dict[str, object], fact: str, words: str) -> None:
    assert because(values, fact) == words
