"""A ledger in which policies have been at work for long: their rules are known in each account, their canaries came home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from engine.canary import FEW
from engine.case import Action, Case, Closed, Ending, State
from engine.load import load
from engine.model import Key, Mode, Verb
from engine.money import FREE
from engine.policy import PolicySet, Reap
from engine.rule import rule_digest
from engine.verdict import Finding, Terms
from reapers.kind import tables
from reapers.store import codec
from reapers.store.ledger import Ledger

LONG_AGO = timedelta(days=500)
PAST = "c-past-"
"""How the ids of cases of that time begin: no test means them."""


def season(ledger: Ledger, files: Mapping[str, str], accounts: Iterable[str], now: datetime) -> None:
    """As if these policies had run in these accounts for more than a year. Nothing where they do not load."""
    texts = {f"policies/{name}": f"apiVersion: sexton/v1\n{text.lstrip()}" for name, text in files.items()}
    loaded = load(texts, tables()).policies
    if loaded is None:
        return
    _know(ledger, loaded, list(accounts))
    for reap in loaded.reaps.values():
        for kind in sorted(reap.selects.kinds):
            _prove(ledger, reap, kind, now - LONG_AGO)


def _know(ledger: Ledger, policies: PolicySet, accounts: list[str]) -> None:
    """Every rule has been seen in every account."""
    from sqlalchemy import insert

    from reapers.store.tables import digests

    rows = [
        {"policy": name, "account": account, "digest": rule_digest(reap), "until": None}
        for name, reap in policies.reaps.items()
        for account in accounts
    ]
    if rows:
        with ledger.database.recording() as connection:
            connection.execute(insert(digests), rows)


def _prove(ledger: Ledger, reap: Reap, kind: str, at: datetime) -> None:
    """The first deletes of a kind under a rule, done."""
    from sqlalchemy import insert

    from reapers.store.tables import intents

    case = ledger.open(_case(reap, kind, at), at)
    shared = {"case_id": case.id, "verb": str(Verb.DELETE), "status": "done", "fence": 1, "version": 1, "not_after": 0.0}
    rows = [
        {
            **shared,
            "generation": number,
            "at": at + timedelta(hours=number),
            "settled": at + timedelta(hours=number),
            "team": case.team,
            "rule": rule_digest(reap),
            "kind": kind,
            "body": codec.action_text(_action(case, number)),
        }
        for number in range(FEW + 1)
    ]
    with ledger.database.recording() as connection:
        connection.execute(insert(intents), rows)


def _case(reap: Reap, kind: str, at: datetime) -> Case:
    terms = Terms(policy=reap.meta.name, after=reap.after, before_delete=reap.before_delete, approval=reap.approval)
    return Case(
        id=f"{PAST}{reap.meta.name}-{kind}",
        key=Key(kind, "000000000000", "us-east-1", f"past-{reap.meta.name}", "long ago"),
        name="of the past",
        opened=at,
        state=State.CLOSED,
        findings=(Finding(terms=terms, mode=Mode.DELETE),),
        team="platform",
        monthly=FREE,
        closed=Closed(reason=Ending.VANISHED, at=at),
    )


def _action(case: Case, generation: int) -> Action:
    return Action(
        case=case.id,
        generation=generation,
        key=case.key,
        fingerprint="past",
        verb=Verb.DELETE,
        restore={},
        terms=case.terms,
        monthly=case.monthly,
    )
