"""Tokens that somebody else signed: verified with the keys of the issuers in the settings, and of nobody else.

A token says it all and is believed in nothing before its signature: not in the algorithm, not in where a key may be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

ALGORITHMS = ["RS256"]
"""What GitHub, GitLab, Google, Okta, Entra ID and Keycloak sign with unless told otherwise. Pinned: a token that chooses its own
could choose none, or ours as a shared secret."""
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
LONGEST = 16 * 1024
LEEWAY = 10
"""Seconds by which clocks may differ."""
KEY_ID = re.compile(r"[A-Za-z0-9_.=+-]{1,128}")
SECONDS = 10
"""Until an issuer's keys must have come."""


class Rejected(Exception):
    """The token is not one of ours. The text is a sentence, without anything of the token; `status` is 401, 403 or 503."""

    def __init__(self, sentence: str, status: int = 401) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs, for whom, and where the keys are published. `noun` is what a token of theirs is called in a sentence."""

    issuer: str
    audience: str
    keys: str
    noun: str


class Keys:
    """The issuers' published keys, fetched from the addresses in the settings and kept for five minutes."""

    def __init__(self, addresses: Iterable[str]) -> None:
        # An unknown key makes it ask again, once in half a minute whatever comes in; redirects are not followed.
        self._keys = {address: jwt.PyJWKClient(address, timeout=SECONDS) for address in set(addresses)}

    def claims(self, token: str, issuer: Issuer) -> Mapping[str, Any]:
        """What a token says, once its signature, issuer, audience and dates hold; Rejected otherwise."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token, issuer),
                algorithms=ALGORITHMS,
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=LEEWAY,
                options={"require": REQUIRED, "strict_aud": True, "enforce_minimum_key_length": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise Rejected(f"This {issuer.noun} has run out; ask for a new one.") from error
        except jwt.InvalidAudienceError as error:
            raise Rejected(f"This token is for another audience; ask for one for {issuer.audience}.") from error
        except jwt.PyJWTError as error:
            raise Rejected(f"This {issuer.noun} is not valid.") from error
        return claims

    def _key(self, token: str, issuer: Issuer) -> jwt.PyJWK:
        """The issuer's key that the token names. Addresses in a token (jku, x5u) are never asked."""
        head = jwt.get_unverified_header(token)
        kid = head.get("kid")
        if head.get("alg") not in ALGORITHMS or not isinstance(kid, str) or not KEY_ID.fullmatch(kid):
            raise Rejected("This token is not signed as its issuer signs.")
        try:
            return self._keys[issuer.keys].get_signing_key(kid)
        except (jwt.PyJWKClientConnectionError, jwt.exceptions.PyJWKSetError, OSError, ValueError) as error:
            raise Rejected(f"The keys of {issuer.issuer} cannot be read, so nobody can be let in; try again.", 503) from error


def unverified(token: str) -> Mapping[str, Any]:
    """What a token says of itself: good for choosing whose keys to try, and for no more than that. {} where it is none."""
    try:
        said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False}) if len(token) <= LONGEST else {}
    except jwt.PyJWTError:
        return {}
    return said
