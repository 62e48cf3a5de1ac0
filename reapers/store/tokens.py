"""Tokens: a token is a person. Only a hash is stored; the text is shown once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from reapers.store.tables import tokens
from reapers.store.values import Person, Token, TokenRole

LONGEST = timedelta(days=90)
"""How long a token may last: as long as a keep, so that nobody's old laptop approves for ever."""

PREFIX = "sxt"
"""So that secret scanners can find one that was committed by mistake."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new token's id and the only copy of its text."""

    id: str
    text: str


def mint(connection: Connection, person: Person, expires: datetime, at: datetime) -> Minted:
    """A new token. ValueError when it would last longer than 90 days, or not at all."""
    if not at < expires <= at + LONGEST:
        raise ValueError(f"a token lasts at most {LONGEST.days} days: {expires.isoformat()} is not within them")
    if not person.email:
        raise ValueError("a token belongs to a person: name one by their e-mail address")
    # The id has no underscore, the secret may have.
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    values = {"secret_hash": _hash(secret), "created": at, "expires": expires}
    connection.execute(insert(tokens).values(id=id, person=person.email, role=str(person.role), **values))
    return Minted(id, f"{PREFIX}_{id}_{secret}")


def person(connection: Connection, text: str, now: datetime) -> Person | None:
    """Whose token it is; None when it is unknown, expired or revoked."""
    prefix, _, rest = text.strip().partition("_")
    id, _, secret = rest.partition("_")
    row = connection.execute(select(tokens).where(tokens.c.id == id)).first()
    # An unknown id is compared too: how long the answer takes must not tell which ids there are.
    same = secrets.compare_digest(row.secret_hash if row else _hash(""), _hash(secret))
    if row is None or not same or prefix != PREFIX or row.revoked is not None or row.expires <= now:
        return None
    return Person(row.person, TokenRole(row.role))


def revoke(connection: Connection, id: str, at: datetime) -> bool:
    """Ends a token now; False when there is none with this id that is still good."""
    good = update(tokens).where(tokens.c.id == id, tokens.c.revoked.is_(None))
    return connection.execute(good.values(revoked=at)).rowcount == 1


def listed(connection: Connection) -> list[Token]:
    """Every token that there ever was, oldest first."""
    rows = connection.execute(select(tokens).order_by(tokens.c.created, tokens.c.id))
    return [Token(row.id, Person(row.person, TokenRole(row.role)), row.created, row.expires, row.revoked) for row in rows]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
