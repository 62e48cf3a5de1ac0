"""Two commits loaded with what the first one said: the same answers as each by itself, and what both say alike is one value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from engine.load import Known, Loaded, load
from engine.model import KindTable

TODAY = date(2026, 11, 1)
REAP = """\
apiVersion: sexton/v1
kind: Reap
metadata: {name: one, owner: payments}
spec:
  resource: aws.ebs_volume
  when: [encrypted]
  after: {notify: 0d, delete: 14d}
"""
OWNERS = """\
apiVersion: sexton/v1
kind: Ownership
metadata: {name: owners, owner: platform}
spec: {from: [{map: owners.map}]}
"""
TEST = """\
apiVersion: sexton/v1
kind: PolicyTest
metadata: {name: ones, owner: payments}
spec:
  policies: [reap.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources: [{kind: aws.ebs_volume, id: vol-1, tags: {a: b}, encrypted: true, size_gb: 3}]
  expect: [{policy: one, id: vol-1, verdict: match}]
"""
EXEMPTION = """\
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec:
  of: [one]
  resource: aws.ebs_volume
  when: [encrypted]
  until: 2026-12-01
  reason: OPS-1
"""
FULL = {"reap.yaml": REAP, "owners.yaml": OWNERS, "owners.map": "*/ payments\n", "a.test.yaml": TEST, "atlas.yaml": EXEMPTION}

CHANGES: Mapping[str, Mapping[str, str | None]] = {
    "nothing": {},
    "another condition": {"reap.yaml": REAP.replace("[encrypted]", "[size_gb > 5]")},
    "a team that is gone": {"teams/payments.yaml": None},
    "a policy that is gone": {"reap.yaml": None},
    "a map that says something else": {"owners.map": "*/ platform\n"},
    "a map that names nobody": {"owners.map": "*/ nobody\n"},
    "a document that is broken": {"reap.yaml": REAP + "nonsense: ["},
    "a misspelled field": {"reap.yaml": REAP.replace("encrypted", "encripted")},
    "a copy in another place": {"copy.yaml": REAP},
}


def files(base: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, str]:
    return {path: text for path, text in {**base, **FULL, **change}.items() if text is not None}


def told(loaded: Loaded) -> tuple[object, ...]:
    return loaded.policies, loaded.problems, loaded.documents


@pytest.mark.parametrize("first", CHANGES)
@pytest.mark.parametrize("second", CHANGES)
def test_what_is_known_changes_no_answer(
    first: str, second: str, base: Mapping[str, str], kinds: Mapping[str, KindTable]
) -> None:
    known = Known()
    assert load(files(base, {}), kinds, today=TODAY).policies, "where nothing is wrong"
    for name in (first, second, first):
        texts = files(base, CHANGES[name])
        assert told(load(texts, kinds, today=TODAY, known=known)) == told(load(texts, kinds, today=TODAY))


def test_other_ceilings_are_asked_again(base: Mapping[str, str], kinds: Mapping[str, KindTable]) -> None:
    known = Known()
    strict = base["organization.yaml"] + "  grace: {delete: 30d}\n"
    assert load({**base, "reap.yaml": REAP}, kinds, known=known).policies
    found = load({**base, "organization.yaml": strict, "reap.yaml": REAP}, kinds, known=known)
    assert told(found) == told(load({**base, "organization.yaml": strict, "reap.yaml": REAP}, kinds))
    assert found.policies is None


def test_another_day_is_asked_again(base: Mapping[str, str], kinds: Mapping[str, KindTable]) -> None:
    known, later = Known(), date(2027, 3, 1)
    load(files(base, {}), kinds, today=TODAY, known=known)
    assert told(load(files(base, {}), kinds, today=later, known=known)) == told(load(files(base, {}), kinds, today=later))


def test_what_both_say_alike_is_one_value(base: Mapping[str, str], kinds: Mapping[str, KindTable]) -> None:
    known = Known()
    before = load(files(base, {}), kinds, today=TODAY, known=known).policies
    after = load(files(base, {"teams/more.yaml": None, "owners.map": "*/ platform\n"}), kinds, today=TODAY, known=known).policies
    assert before
    assert after
    assert before.reaps["one"] is after.reaps["one"]
    assert before.ownership != after.ownership
