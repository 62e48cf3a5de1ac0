"""What people tell the ledger and ask of it beside the cases: freeze, facts, shields, tokens, the trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from reapers.store import audit, control, shields, tokens
from reapers.store.database import Database
from reapers.store.values import AuditCheck, AuditHead, AuditRow, Freeze, Person, Shield, Token, TokenRole


class People:
    """The part of the ledger that people change directly. Use it through `Ledger`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- freeze and facts ------------------------------------------------------------------------------------------

    def frozen(self) -> Freeze | None:
        """Who froze everything, and why."""
        with self.database.reading() as connection:
            return control.frozen(connection)

    def freeze(self, who: str, reason: str, at: datetime) -> None:
        """Nothing begins any more once this returned. A freeze that there was is replaced; the trail has both."""
        with self.database.recording() as connection:
            control.freeze(connection, Freeze(who, reason, at))
            audit.append(connection, audit.Step(at=at, event="frozen", who=who, data={"reason": reason}))

    def unfreeze(self, who: str, at: datetime, facts: Mapping[str, str] | None = None) -> bool:
        """Lifts the freeze and writes facts with it; False where there was none."""
        with self.database.recording() as connection:
            return control.lift(connection, who, at, facts or {})

    def recovered(self, fact: str, freeze: str, data: Mapping[str, Any], at: datetime) -> bool:
        """Ends a recovery: its fact goes, the freeze of that moment is lifted, the trail has what was lost. False: over."""
        with self.database.recording() as connection:
            if not control.get(connection, fact):
                return False
            control.put(connection, fact, "")
            audit.append(connection, audit.Step(at=at, event="recovered", who=data["agreed_by"], data=data))
            held = control.frozen(connection)
            if held and held.at.isoformat() == freeze:
                control.lift(connection, data["agreed_by"], at, {})
            return True

    def get(self, name: str) -> str | None:
        """A small fact."""
        with self.database.reading() as connection:
            return None if name == control.FREEZE else control.get(connection, name)

    def set(self, name: str, value: str) -> None:
        """Stores a small fact (last good commit, last scan, last tick). ValueError for the name `freeze`."""
        if name == control.FREEZE:
            raise ValueError("the freeze is no fact: use freeze and unfreeze")
        with self.database.recording() as connection:
            control.put(connection, name, value)

    def note(self, name: str, value: str, event: str, data: Mapping[str, Any], at: datetime) -> None:
        """Stores a small fact that the trail keeps as well, for good."""
        with self.database.recording() as connection:
            control.put(connection, name, value)
            audit.append(connection, audit.Step(at=at, event=event, data=data))

    # --- shields ---------------------------------------------------------------------------------------------------

    def shield(self, shield: Shield, at: datetime) -> None:
        """Leaves a resource alone until then; one of the same resource and policy gives way."""
        with self.database.recording() as connection:
            shields.put(connection, shield)
            audit.append(connection, audit.Step(at=at, event="shielded", who=shield.who, data=_described(shield)))

    def unshield(self, key_ref: str, policy: str, who: str, at: datetime) -> bool:
        """Takes a shield away; False where there was none."""
        with self.database.recording() as connection:
            removed = shields.remove(connection, key_ref, policy)
            if removed:
                audit.append(connection, audit.Step(at=at, event="unshielded", who=who, data={"key": key_ref, "policy": policy}))
            return removed

    def shields(self, now: datetime) -> dict[str, list[Shield]]:
        """Key ref -> its shields in force."""
        with self.database.reading() as connection:
            return shields.in_force(connection, now)

    # --- tokens ----------------------------------------------------------------------------------------------------

    def add_token(self, person: str, role: TokenRole | str, expires: datetime, at: datetime) -> str:
        """A new token's text, `sxt_<id>_<secret>`, kept only as a hash. ValueError for another role, or more than 90 days."""
        bearer = Person(person.strip().lower(), TokenRole(role))
        with self.database.recording() as connection:
            minted = tokens.mint(connection, bearer, expires, at)
            data = {"token": minted.id, "person": bearer.email, "role": bearer.role, "expires": expires}
            audit.append(connection, audit.Step(at=at, event="token added", data=data))
            return minted.text

    def person(self, token: str, now: datetime) -> Person | None:
        """Whose token it is; None when it is unknown, expired or revoked."""
        with self.database.reading() as connection:
            return tokens.person(connection, token, now)

    def revoke(self, id: str, who: str, at: datetime) -> bool:
        """Ends a token by its id; False when there is no such token that is still good."""
        with self.database.recording() as connection:
            ended = tokens.revoke(connection, id, at)
            if ended:
                audit.append(connection, audit.Step(at=at, event="token revoked", who=who, data={"token": id}))
            return ended

    def tokens(self) -> list[Token]:
        """Every token that there ever was, without its secret."""
        with self.database.reading() as connection:
            return tokens.listed(connection)

    # --- trail -----------------------------------------------------------------------------------------------------

    def audit_rows(self, after: int = 0) -> Iterator[AuditRow]:
        """The trail from the row after `after` on, oldest first, read in batches."""
        while True:
            with self.database.reading() as connection:
                rows = [audit.row_of(row) for row in audit.batch(connection, after)]
            if not rows:
                return
            yield from rows
            after = rows[-1].seq

    def audit_page(self, after: int, limit: int, since: datetime | None = None) -> list[AuditRow]:
        """At most `limit` rows after the row `after`; with `since` only those that happened then or later."""
        with self.database.reading() as connection:
            return [audit.row_of(row) for row in audit.batch(connection, after, limit, since)]

    def audit_head(self) -> AuditHead:
        """The trail's end. Kept elsewhere, it shows a tail that was cut off."""
        with self.database.reading() as connection:
            return audit.head(connection)

    def audit_matters(self, after: int) -> bool:
        """Whether anything was said by a person, or begun in a cloud, since a row."""
        with self.database.reading() as connection:
            return audit.matters(connection, after)

    def audit_passes(self, heads: Iterable[AuditHead]) -> AuditCheck:
        """Whether the trail still has these heads, by a look at their rows alone: `verify_audit` proves the rows themselves."""
        with self.database.reading() as connection:
            return audit.passes(connection, heads)

    def verify_audit(self, anchor: AuditCheck | None = None, heads: Iterable[AuditHead] = ()) -> AuditCheck:
        """Walks the whole trail and compares every case with it. `anchor`, an earlier result, and `heads` were kept elsewhere."""
        kept = [*heads, AuditHead(anchor.rows, anchor.head)] if anchor else heads
        with self.database.reading() as connection:
            return audit.verify(connection, kept)


def _described(shield: Shield) -> dict[str, object]:
    return {"key": shield.key_ref, "policy": shield.policy, "until": shield.until, "reason": shield.reason}
