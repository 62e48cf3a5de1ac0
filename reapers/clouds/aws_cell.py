"""A cell of AWS: one account and region, asked with the credentials of one role."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from engine.model import Role, Unknown
from reapers.clouds.aws_errors import NoAnswer, Refused, Where
from reapers.clouds.aws_session import Clients, signing

Answer = TypeVar("Answer")

GLOBAL = "global"
"""The region of cells that cover a whole account; asked in the home region."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials a cell uses: a role's, or those that Sexton was started with."""

    account: str
    credentials: Credentials
    principal: str
    """"role sexton-scan", or the caller's ARN: what the sentence about a missing permission names."""


@dataclass(slots=True)
class AWSCell:
    """What a kind asks. `made` lists the requests that it made, as service:operation."""

    caller: Caller
    region: str
    role: Role
    now: datetime
    clients: Clients
    made: list[str] = field(default_factory=list)

    @property
    def account(self) -> str:
        """The account's id, twelve digits."""
        return self.caller.account

    @property
    def calls(self) -> int:
        """How many requests it made."""
        return len(self.made)

    def at(self, region: str) -> AWSCell:
        """The same account in another region; its requests count here. Without a region: this cell."""
        return replace(self, region=region) if region else self

    def client(self, service: str, region: str = "") -> SignedClient:
        """The client of a service in this cell's region (or another one), signed for this cell's account in every call."""
        place = region or self.region
        place = self.clients.home if place == GLOBAL else place
        acting = self.role is not Role.SCAN
        where = Where(self.account, place, service, self.caller.principal, acting)
        try:
            client = self.clients.get(service, place, acting)
        except (BotoCoreError, ValueError) as error:  # ValueError: AWS_ENDPOINT_URL is no address
            raise NoAnswer(error, where) from error
        return SignedClient(client, self, where)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One call and its answer. Refused or NoAnswer when it fails."""
        answer: dict[str, Any] = getattr(self.client(service), operation)(**params)
        return answer

    def find(self, service: str, operation: str, gone: Collection[str], **params: Any) -> dict[str, Any] | None:
        """One call; None where the owning API answers with one of the codes `gone`: there is no such resource."""
        try:
            return self.call(service, operation, **params)
        except Refused as refusal:
            if refusal.code in gone:
                return None
            raise

    def ask(self, service: str, operation: str, absent: Collection[str] = (), **params: Any) -> dict[str, Any] | Unknown | None:
        """One call for evidence: Unknown with the reason when it fails, None where AWS answers with one of the codes `absent`."""
        return self.attempt(lambda: self.find(service, operation, absent, **params))

    def attempt(self, read: Callable[[], Answer]) -> Answer | Unknown:
        """What a read returns, or Unknown with the reason why AWS did not tell."""
        try:
            return read()
        except (Refused, NoAnswer) as error:
            return Unknown(error.sentence)

    def pages(self, service: str, operation: str, items: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of every page of a paginated operation; `items` is the member that holds them, with dots for depth."""
        for page in self.client(service).get_paginator(operation).paginate(**params):
            yield from _within(page, items.split("."))


class SignedClient:
    """A shared client on behalf of one cell: each call is signed for the cell's account, wherever and whenever it is made."""

    def __init__(self, client: Any, cell: AWSCell, where: Where) -> None:
        self._client = client
        self._cell = cell
        self._where = where

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(**params: Any) -> Any:
            return self.signed(name, lambda: method(**params))

        return call

    def get_paginator(self, operation: str) -> Pages:
        """As botocore's, but each page is fetched as this cell."""
        return Pages(self, operation, self._client.get_paginator(operation))

    def signed(self, operation: str, send: Callable[[], Any]) -> Any:
        """Run one call as this cell; errors come back knowing where they were."""
        self._cell.made.append(f"{self._where.service}:{operation}")
        try:
            with signing(self._cell.caller.credentials):
                return send()
        except ClientError as error:
            raise Refused(error, self._where) from error
        except BotoCoreError as error:
            raise NoAnswer(error, self._where) from error


@dataclass(frozen=True, slots=True)
class Pages:
    """A paginator on behalf of a cell. A page is signed when it is fetched, which is when somebody asks for it."""

    client: SignedClient
    operation: str
    paginator: Any

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        """Every page."""
        pages = iter(self.paginator.paginate(**params))
        while (page := self.client.signed(self.operation, lambda: next(pages, None))) is not None:
            yield page


def _within(page: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The items at a path: lists on the way are walked through."""
    if not path:
        yield page
        return
    for item in page.get(path[0], ()):
        yield from _within(item, path[1:])
