"""People as their identity provider knows them: an ID token (OpenID Connect Core 1.0) is a person, their groups and their access.

Sexton opens no browser: `SEXTON_TOKEN` holds the ID token that the organization's own tool hands out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.issuers import Issuer, Keys, Rejected, unverified
from engine.teams import Access, Person

MOST_GROUPS = 1000
"""Entra ID leaves groups out of tokens beyond 200, others write more; a longer list is somebody's mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One identity provider, the claim that lists groups there, and what its groups open. Everybody else may read."""

    issuer: str
    audience: str
    keys: str
    groups: str = "groups"
    access: Mapping[Access, frozenset[str]]

    def opens(self, groups: frozenset[str]) -> Access:
        """The most that any of these groups opens."""
        return max((access for access, of in self.access.items() if of & groups), key=list(Access).index, default=Access.VIEWER)


class Identity:
    """Verifies ID tokens of one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._issuer = Issuer(
            issuer=provider.issuer, audience=provider.audience, keys=provider.keys, noun="identity provider's token"
        )
        self._keys = Keys([provider.keys])

    def knows(self, token: str) -> bool:
        """Whether a token says that it is this provider's."""
        return token.count(".") == 2 and unverified(token).get("iss") == self._provider.issuer

    def person(self, token: str) -> Person:
        """Who it is. Rejected where the token does not hold, or names nobody whose address the provider has verified."""
        claims = self._keys.claims(token, self._issuer)
        email = claims.get("email")
        if not isinstance(email, str) or "@" not in email or claims.get("email_verified") is not True:
            raise Rejected("The identity provider's token has no verified e-mail address; ask for the scope `email`.", 403)
        groups = _groups(claims.get(self._provider.groups))
        return Person(
            email=email.strip().lower(),
            access=self._provider.opens(groups),
            groups=groups,
            subject=f"oidc:{self._provider.issuer}#{str(claims['sub'])[:255]}",
        )


def _groups(said: Any) -> frozenset[str]:
    """The names in a groups claim. A claim of another shape opens nothing."""
    if not isinstance(said, list) or len(said) > MOST_GROUPS:
        return frozenset()
    return frozenset(group for group in said if isinstance(group, str) and group)
