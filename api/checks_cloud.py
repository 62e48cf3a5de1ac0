"""What `sexton doctor` looks at in a cloud: every account's regions and roles, and in the first one a list of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from engine.model import Mode, Role
from reapers.clock import SystemClock
from reapers.kind import Kind, Partial, Scope, kinds

if TYPE_CHECKING:
    from reapers.clouds.cloud import Cloud

ROLES: Mapping[Mode, tuple[Role, ...]] = {
    Mode.OBSERVE: (Role.SCAN,),
    Mode.NOTIFY: (Role.SCAN,),
    Mode.STOP: (Role.SCAN, Role.STOP),
    Mode.DELETE: (Role.SCAN, Role.STOP, Role.CONDEMN, Role.DELETE),
}
"""The roles that are taken under each mode of the server."""

AT_ONCE = 8

NAMED = 5
"""Accounts, and problems, that are told one by one."""

EVERYTHING = {"aws": "global", "gcp": "*"}
"""The region of a cell that covers a whole account."""


def look(cloud: Cloud, mode: Mode) -> tuple[bool, str]:
    """Whether all of it answers, and a sentence. Unreachable where nothing does."""
    accounts = [account.id for account in cloud.accounts()]
    if not accounts:
        return False, "no account answers: check the settings"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda one: _tried(cloud, one), _looks(cloud, accounts, mode))
        problems = list(dict.fromkeys(filter(None, found)))
    if not problems:
        return True, f"{len(accounts)} accounts: {', '.join(accounts[:NAMED])}"
    more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
    return False, f"{'; '.join(problems[:NAMED])}{more}"


def _looks(cloud: Cloud, accounts: list[str], mode: Mode) -> Iterator[Callable[[], object]]:
    """Each reads one thing, and raises what the cloud says instead."""
    now, everything = SystemClock().now(), EVERYTHING[cloud.name]
    for account in accounts:
        yield partial(cloud.regions, account)
        yield from (partial(cloud.cell, account, everything, role, now) for role in ROLES[mode])
    yield from (partial(_list, cloud, kind, accounts[0]) for kind in kinds().values() if kind.cloud == cloud.name)


def _list(cloud: Cloud, kind: Kind, account: str) -> None:
    """The beginning of a list is enough to be refused it."""
    region = cloud.regions(account)[0] if kind.scope is Scope.REGION else EVERYTHING[cloud.name]
    next(iter(kind.list(cloud.cell(account, region, Role.SCAN, SystemClock().now()))), None)


def _tried(cloud: Cloud, one: Callable[[], object]) -> str:
    """What is wrong, as a clause; empty where nothing is."""
    try:
        one()
    except Partial as gaps:
        return str(gaps)
    except Exception as error:
        told = cloud.outcome(error)
        if told is None:
            raise
        return told[1]
    return ""
