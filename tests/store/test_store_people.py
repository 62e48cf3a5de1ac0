"""Freeze, facts, shields and tokens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from reapers.store import Freeze, Ledger, Person, Shield, TokenRole

REF = "aws.ebs_volume/1/us-east-1/vol-1"


def test_freeze_and_unfreeze(ledger: Ledger, noon: datetime) -> None:
    assert ledger.frozen() is None
    ledger.freeze("ada@example.com", "incident 7", noon)
    assert ledger.frozen() == Freeze("ada@example.com", "incident 7", noon)
    ledger.freeze("git", "the branch was rewound", noon)
    assert ledger.frozen() == Freeze("git", "the branch was rewound", noon)
    assert ledger.unfreeze("bob@example.com", noon)
    assert ledger.frozen() is None
    assert not ledger.unfreeze("bob@example.com", noon)
    assert [(row.event, row.who) for row in ledger.audit_rows()] == [
        ("frozen", "ada@example.com"),
        ("frozen", "git"),
        ("unfrozen", "bob@example.com"),
    ]


def test_facts(ledger: Ledger, noon: datetime) -> None:
    assert ledger.get("last_scan") is None
    ledger.set("last_scan", "one")
    ledger.set("last_scan", "two")
    assert ledger.get("last_scan") == "two"


def test_a_fact_cannot_freeze_or_thaw(ledger: Ledger, noon: datetime) -> None:
    with pytest.raises(ValueError, match="freeze"):
        ledger.set("freeze", "")
    ledger.freeze("ada@example.com", "audit", noon)
    assert ledger.get("freeze") is None


def test_shields_last_until_their_end(ledger: Ledger, noon: datetime) -> None:
    all_policies = Shield(REF, "", noon + timedelta(days=90), "ada@example.com", "restored")
    one = Shield(REF, "idle", noon + timedelta(days=30), "bob@example.com", "rejected")
    ledger.shield(all_policies, noon)
    ledger.shield(one, noon)
    assert ledger.shields(noon) == {REF: [all_policies, one]}
    assert ledger.shields(one.until) == {REF: [all_policies]}
    assert ledger.shields(all_policies.until) == {}


def test_a_shield_can_be_moved_and_taken_away(ledger: Ledger, noon: datetime) -> None:
    ledger.shield(Shield(REF, "", noon + timedelta(days=9)), noon)
    shorter = Shield(REF, "", noon + timedelta(days=3), "ada@example.com", "sooner")
    ledger.shield(shorter, noon)
    assert ledger.shields(noon) == {REF: [shorter]}
    assert not ledger.unshield(REF, "idle", "ada@example.com", noon)
    assert ledger.unshield(REF, "", "ada@example.com", noon)
    assert ledger.shields(noon) == {}
    assert [row.event for row in ledger.audit_rows()] == ["shielded", "shielded", "unshielded"]


def test_a_token_is_a_person(ledger: Ledger, noon: datetime) -> None:
    text = ledger.add_token(" Ada@Example.com", "approver", noon + timedelta(days=90), noon)
    assert re.fullmatch(r"sxt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", text)
    assert ledger.person(text, noon) == Person("ada@example.com", TokenRole.APPROVER)
    assert ledger.person(text + "\n", noon + timedelta(days=89)) == Person("ada@example.com", TokenRole.APPROVER)


def test_only_the_hash_is_stored(ledger: Ledger, noon: datetime) -> None:
    text = ledger.add_token("ada@example.com", TokenRole.ADMIN, noon + timedelta(days=1), noon)
    secret = text.split("_", 2)[2]
    with ledger.database.reading() as connection:
        everything = [str(row) for table in ("tokens", "audit") for row in connection.exec_driver_sql(f"select * from {table}")]
    assert everything
    assert not any(secret in row for row in everything)


def test_what_is_no_good_token(ledger: Ledger, noon: datetime) -> None:
    text = ledger.add_token("ada@example.com", "viewer", noon + timedelta(days=1), noon)
    other = ledger.add_token("bob@example.com", "admin", noon + timedelta(days=1), noon)
    prefix, id, secret = text.split("_", 2)
    wrong = [
        "",
        "x",
        "sxt",
        "sxt_",
        "sxt__",
        f"sxt_{id}",
        f"sxt_{id}_",
        text[:-1],
        text + "x",
        f"abc_{id}_{secret}",
        f"{prefix}__{secret}",
    ]
    wrong += [f"sxt_{other.split('_')[1]}_{secret}", "ä_ö_ü", f"sxt_{id}_ß"]
    assert [ledger.person(token, noon) for token in wrong] == [None] * len(wrong)
    assert ledger.person(text, noon + timedelta(days=1)) is None


def test_a_revoked_token_is_none(ledger: Ledger, noon: datetime) -> None:
    text = ledger.add_token("ada@example.com", "operator", noon + timedelta(days=1), noon)
    id = text.split("_")[1]
    assert ledger.revoke(id, "root@example.com", noon)
    assert ledger.person(text, noon) is None
    assert not ledger.revoke(id, "root@example.com", noon)
    [token] = ledger.tokens()
    assert (token.id, token.person, token.revoked) == (id, Person("ada@example.com", TokenRole.OPERATOR), noon)
    assert [(row.event, row.data["token"]) for row in ledger.audit_rows()] == [("token added", id), ("token revoked", id)]


@pytest.mark.parametrize("days", [91, 0, -1])
def test_a_token_lasts_at_most_ninety_days(ledger: Ledger, noon: datetime, days: int) -> None:
    with pytest.raises(ValueError, match="at most 90 days"):
        ledger.add_token("ada@example.com", "viewer", noon + timedelta(days=days), noon)
    assert ledger.tokens() == []


def test_a_token_needs_a_person_and_a_role(ledger: Ledger, noon: datetime) -> None:
    with pytest.raises(ValueError, match="god"):
        ledger.add_token("ada@example.com", "god", noon + timedelta(days=1), noon)
    with pytest.raises(ValueError, match="person"):
        ledger.add_token(" ", "viewer", noon + timedelta(days=1), noon)


def test_roles_are_ordered() -> None:
    assert [role.rank for role in TokenRole] == [0, 1, 2, 3]
