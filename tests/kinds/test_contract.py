"""The contract that every kind keeps: reading."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from demo.world import World
from engine.model import Field, Gone, Key, Mode, Outcome, Resource, Role, Unknown, Verb
from reapers.kind import ROLE_OF, Kind
from reapers.prices import book

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PYTHON_TYPES = {"string": (str,), "int": (int,), "double": (float, int), "bool": (bool,)}
SDKS = ("boto3", "botocore", "google", "googleapiclient", "requests", "moto")


def parsed(kind: Kind) -> Resource:
    """The kind's own example."""
    cell = SimpleNamespace(account="111122223333", region="us-east-1", now=NOW)
    return kind.parse(cell, kind.example)


def fits(value: object, field: Field) -> bool:
    """Whether a value is of the field's type and one of its enum's."""
    typed = isinstance(value, PYTHON_TYPES[field.type]) and (field.type == "bool" or not isinstance(value, bool))
    return typed and (not field.enum or value in field.enum)


def assert_fits_table(resource: Resource, kind: Kind) -> None:
    for name, value in resource.fields.items():
        assert name in kind.fields, f"{name} is not in the table of {kind.name}"
        assert isinstance(value, Unknown) or fits(value, kind.fields[name]), f"{name} is {value!r}"
    required = {name for name, field in kind.fields.items() if not field.optional and name not in kind.evidence}
    assert required <= set(resource.fields), f"missing: {required - set(resource.fields)}"


def test_table_is_documented(kind: Kind) -> None:
    assert kind.fields
    assert kind.title
    for name, field in kind.fields.items():
        assert field.doc.strip(), f"{name} has no documentation"
        assert field.type in PYTHON_TYPES
        assert not field.enum or field.type == "string"
        assert field.price == (kind.evidence[name].price if name in kind.evidence else "free")
    assert set(kind.evidence) <= set(kind.fields)
    assert kind.stopped <= set(kind.fields["state"].enum or kind.stopped) if kind.stopped else True


def test_fingerprint_holds_no_state_and_no_metric(kind: Kind) -> None:
    assert kind.fingerprint
    assert set(kind.fingerprint) <= {*kind.fields, "tags"}
    assert "state" not in kind.fingerprint
    assert "tags" in kind.fingerprint
    assert not set(kind.fingerprint) & set(kind.evidence), "evidence is not read before every act"


def test_acts_have_permissions_and_a_way_back(kind: Kind) -> None:
    assert kind.needs[Role.SCAN]
    for verb in kind.acts:
        assert kind.needs[ROLE_OF[verb]], f"{verb} needs permissions"
    roles = {Role.SCAN, *(ROLE_OF[verb] for verb in kind.acts)}
    assert set(kind.needs) == roles, "a role without an act, or an act without a role"
    assert (Verb.BACKUP in kind.acts) == (Verb.RESTORE in kind.acts)
    assert (Verb.STOP in kind.acts) == (Verb.START in kind.acts) == bool(kind.stopped)
    assert kind.max_mode is not Mode.DELETE or Verb.DELETE in kind.acts
    if kind.max_mode.rank < Mode.STOP.rank:
        assert not kind.acts


def test_roles_hold_nothing_of_another(kind: Kind) -> None:
    def writes(role: Role) -> set[str]:
        return set(kind.needs.get(role, ())) - set(kind.needs[Role.SCAN])

    assert not writes(Role.DELETE) & writes(Role.CONDEMN), "who may delete may not create"


def test_example_fits_the_table(kind: Kind) -> None:
    json.dumps(kind.example)
    resource = parsed(kind)
    assert_fits_table(resource, kind)
    assert resource.key.kind == kind.name
    assert resource.key.born
    assert resource.seen_at == NOW
    assert resource.tags
    assert isinstance(resource.fingerprint, str)
    assert {"tags", *resource.fields} <= set(resource.sources)
    for fact, holds in kind.facts.items():
        assert isinstance(holds(resource), bool), fact
    for link in kind.links(resource):
        assert not link.born


def test_an_unknown_price_is_not_zero(kind: Kind) -> None:
    resource = parsed(kind)
    nowhere = replace(
        resource,
        key=Key(kind.name, "a", "mars-north-1", "x"),
        fields={**resource.fields, **{name: "mars-north-1a" for name in ("zone", "location") if name in kind.fields}},
    )
    for price in (kind.price(nowhere, book()), kind.price(resource, book())):
        assert price.free or price.unpriced or price.known > 0
    elsewhere = kind.price(nowhere, book())
    assert elsewhere.free or (elsewhere.unpriced == 1 and elsewhere.why)


def test_kinds_import_no_sdk() -> None:
    script = f"import sys, reapers.kind; reapers.kind.kinds(); print([m for m in sys.modules if m.split('.')[0] in {SDKS!r}])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_list_reads_every_page_and_writes_nothing(kind: Kind, world: World) -> None:
    made = {world.make(kind.name, number) for number in range(7)}
    cell = world.cell(kind.name, Role.SCAN)
    world.forget()
    with world.pages_of(3):
        listed = list(kind.list(cell))
    assert {resource.key.id for resource in listed} >= made
    assert len(listed) == len({resource.key for resource in listed})
    assert not world.written()
    assert world.seen() <= kind.needs[Role.SCAN]
    for resource in listed:
        assert_fits_table(resource, kind)
        assert (resource.key.account, resource.key.region) != ("", "")


def test_get_is_what_the_list_says_and_writes_nothing(kind: Kind, world: World) -> None:
    id = world.make(kind.name)
    cell = world.cell(kind.name, Role.SCAN)
    listed = one(kind, world, id)
    world.forget()
    got = kind.get(cell, listed.key)
    assert isinstance(got, Resource)
    assert (got.key, got.fields, got.tags, got.fingerprint) == (listed.key, listed.fields, listed.tags, listed.fingerprint)
    assert not world.written()
    assert world.seen() <= kind.needs[Role.SCAN]


def test_get_of_what_is_not_there_is_gone(kind: Kind, world: World) -> None:
    key = one(kind, world, world.make(kind.name)).key
    other = key.id[:-4] + ("0000" if key.id[-4:] != "0000" else "1111")
    assert isinstance(kind.get(world.cell(kind.name, Role.SCAN), replace(key, id=other, born="")), Gone)


def test_a_denied_list_is_raised(kind: Kind, world: World) -> None:
    world.make(kind.name)
    cell = world.cell(kind.name, Role.SCAN)
    world.deny_list(kind.name)
    with pytest.raises(Exception) as refused:  # noqa: PT011 - each client has its own; the cloud must know it
        list(kind.list(cell))
    told = world.cloud.outcome(refused.value)
    assert told is not None
    outcome, sentence = told
    assert outcome is Outcome.DENIED
    assert any(permission in sentence for permission in kind.needs[Role.SCAN]), sentence


def test_denied_tags_are_unknown(kind: Kind, world: World) -> None:
    id = world.make(kind.name)
    if not world.deny_tags(kind.name):
        pytest.skip("tags come with the list")
    found = one(kind, world, id)
    assert isinstance(found.tags, Unknown)
    assert found.tags.why
    assert isinstance(found.fingerprint, Unknown)


def test_evidence_is_told_or_unknown(kind: Kind, world: World) -> None:
    found = one(kind, world, world.make(kind.name))
    cell = world.cell(kind.name, Role.SCAN)
    world.forget()
    for name, evidence in kind.evidence.items():
        value = evidence.read(cell, [found]).get(found.key.id)
        field = kind.fields[name]
        assert isinstance(value, Unknown) or (value is None and field.optional) or fits(value, field), f"{name} is {value!r}"
    assert not world.written()
    assert world.seen() <= kind.needs[Role.SCAN]


def test_denied_evidence_is_unknown_or_raised(kind: Kind, world: World) -> None:
    found = one(kind, world, world.make(kind.name))
    cell = world.cell(kind.name, Role.SCAN)
    for name, evidence in kind.evidence.items():
        world.deny_evidence(kind.name, name)
        try:
            value = evidence.read(cell, [found])[found.key.id]
        except Exception as error:  # noqa: BLE001 - each client has its own; the cloud must know it
            told = world.cloud.outcome(error)
            assert told is not None
            assert told[0] is Outcome.DENIED
        else:
            assert isinstance(value, Unknown), f"{name} is {value!r} though nobody could read it"


def test_fingerprint_notices_what_matters(kind: Kind, world: World) -> None:
    for number, (name, change) in enumerate(world.changes(kind.name).items()):
        id = world.make(kind.name, number)
        before = one(kind, world, id)
        change(id)
        assert one(kind, world, id).fingerprint != before.fingerprint, name


def test_fingerprint_does_not_notice_our_own_tags(kind: Kind, world: World) -> None:
    id = world.make(kind.name)
    before = one(kind, world, id)
    world.tag(kind.name, id, {"sexton:case": "c-1"})
    after = one(kind, world, id)
    assert after.tags != before.tags
    assert after.fingerprint == before.fingerprint
    world.tag(kind.name, id, {"sexton:keep": "yes"})
    assert one(kind, world, id).fingerprint != before.fingerprint


def one(kind: Kind, world: World, id: str) -> Resource:
    """The resource with an id, from the list."""
    return next(found for found in kind.list(world.cell(kind.name, Role.SCAN)) if found.key.id == id)
