"""The checks of `sexton doctor`: each looks at one thing and answers with a sentence, whatever goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api import provenance
from api.ending import ending
from reapers.store import LedgerUnavailable

if TYPE_CHECKING:
    from api.settings import Settings

SKEW = 5
"""Seconds that our clock and the database's may differ (safety.md, guard 20)."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what it showed. `ok` None: not set up, which is no fault."""

    name: str
    ok: bool | None
    says: str


def checks(settings_file: Path | None) -> Iterator[Check]:
    """Every check in turn. Without settings that load there is nothing more to look at."""
    conflicts = provenance.conflicts()
    yield Check("installation", not conflicts, "; ".join(conflicts) or "all packages are Sexton's own")
    from api.settings import load

    try:
        settings = load(settings_file)
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        yield Check("settings", False, ending(error)[0])
        return
    yield Check("settings", True, f"loaded; mode {settings.mode}, inventory in {settings.inventory.store}")
    looks: dict[str, Callable[[Settings], tuple[bool | None, str]]] = {
        "policies": _policies,
        "ledger": _ledger,
        "audit": _audit,
        "freeze": _freeze,
        "aws": _aws,
        "gcp": _gcp,
        "slack": _slack,
        "github": _github,
    }
    for name, look in looks.items():
        yield _tried(name, look, settings)


def _tried(name: str, look: Callable[[Settings], tuple[bool | None, str]], settings: Settings) -> Check:
    try:
        return Check(name, *look(settings))
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        return Check(name, False, ending(error)[0])


def _policies(settings: Settings) -> tuple[bool | None, str]:
    """The repository answers, and the head of its branch loads."""
    from api.wiring import the_repository
    from engine.load import load
    from reapers.clock import SystemClock
    from reapers.kind import tables

    repository = the_repository(settings)
    head = repository.poll(SystemClock().now())
    where = f"{repository.shown} branch {settings.policies.branch} at {head.sha[:12]}"
    if head.distrust:
        return False, f"{where}: {head.distrust}"
    loaded = load(head.files, tables(), head.sha)
    if loaded.policies is None:
        return False, f"{where} does not load ({len(loaded.problems)} problems): run `sexton validate` on it"
    if not loaded.policies.reaps:
        return False, f"{where} has no Reap policy below {settings.policies.path}: check `policies.path`"
    return True, f"{where}: {loaded.documents} documents{f', signed by {head.signer}' if head.signer else ''}"


def _ledger(settings: Settings) -> tuple[bool | None, str]:
    """It is there and can be written, and its clock agrees with ours. Looking makes and changes nothing."""
    from reapers.clock import SystemClock
    from reapers.store.looking import NotYet, as_it_is, try_to_write

    try:
        with as_it_is(settings.ledger.url.get_secret_value()) as ledger:
            try_to_write(ledger)
            skew = abs((ledger.database_time() - SystemClock().now()).total_seconds())
            if skew > SKEW:
                return False, f"{ledger.where}: its clock differs from ours by {skew:.0f} s; set both by NTP"
            return True, f"{ledger.where}: {len(ledger.open_cases())} open cases; it can be written"
    except NotYet as not_yet:
        return None, str(not_yet)


def _freeze(settings: Settings) -> tuple[bool | None, str]:
    """The ways to halt everything, and whether one of them does."""
    from reapers.halts import in_file, in_ledger
    from reapers.store.looking import NotYet, as_it_is

    slack = settings.slack.token and settings.slack.signing_secret
    ways = ["`sexton freeze`", f"the file {settings.freeze.file}", f"{settings.policies.path}/FREEZE on the branch"]
    ways += ["`/sexton freeze` in Slack"] if slack else []
    found = [in_file(settings.freeze.file)]
    with contextlib.suppress(NotYet, LedgerUnavailable), as_it_is(settings.ledger.url.get_secret_value()) as ledger:
        found += in_ledger(ledger)
    said = [f"{halt.who}: {halt.reason}" for halt in found if halt]
    return True, f"any of {', '.join(ways)} halts every act; {'frozen by ' + '; '.join(said) if said else 'none does now'}"


def _audit(settings: Settings) -> tuple[bool | None, str]:
    """Whether heads of the trail are kept elsewhere, and the ledger is not older than they are."""
    from api.wiring import the_anchor
    from reapers.store.looking import NotYet, as_it_is

    anchor = the_anchor(settings)
    if anchor is None:
        return None, "no head is kept: a ledger restored from an older backup would not be noticed; set audit.head"
    last = anchor.last()
    kept = f"heads are kept in {anchor.shown}, the last at row {last.head.seq}" if last else f"{anchor.shown} holds no head yet"
    try:
        with as_it_is(settings.ledger.url.get_secret_value()) as ledger:
            behind = anchor.behind(ledger)
    except (NotYet, LedgerUnavailable):
        behind = last is not None
    return not behind, f"{kept}, and the ledger lacks it: run `sexton recover`" if behind else kept


def _aws(settings: Settings) -> tuple[bool | None, str]:
    return _cloud(settings, "aws", "`aws.accounts` is empty")


def _gcp(settings: Settings) -> tuple[bool | None, str]:
    return _cloud(settings, "gcp", "`gcp.projects` is empty")


def _cloud(settings: Settings, name: str, without: str) -> tuple[bool | None, str]:
    """The credentials answer, every role that the mode needs can be taken, and every kind can be listed somewhere."""
    from api.checks_cloud import look
    from api.wiring import the_clouds

    cloud = the_clouds(settings).get(name)
    return (None, f"not used: {without}") if cloud is None else look(cloud, settings.mode)


def _slack(settings: Settings) -> tuple[bool | None, str]:
    """The token is good, and clicks can be checked."""
    token, secret = settings.slack.token, settings.slack.signing_secret
    if token is None:
        return None, "not used: notices are printed and nothing goes beyond observe; set SEXTON_SLACK__TOKEN"
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        said = WebClient(token=token.get_secret_value(), base_url=settings.slack.base_url, timeout=10).auth_test()
    except SlackApiError as error:
        return False, f"Slack refuses the token ({error.response['error']}): set SEXTON_SLACK__TOKEN anew"
    except (SlackClientError, OSError) as error:
        return False, f"Slack does not answer at {settings.slack.base_url} ({type(error).__name__}): check the network"
    if secret is None:
        return False, f"signed in to {said['team']}, but buttons are off: set SEXTON_SLACK__SIGNING_SECRET"
    return True, f"signed in to {said['team']} as {said['user']}"


def _github(settings: Settings) -> tuple[bool | None, str]:
    """The policy branch asks for reviews that mean something: a change approved is the change merged."""
    from api.guards import missing

    github = settings.github
    if github.repository is None:
        return None, "not used: set github.repository to OWNER/NAME, and the protection of the policy branch is checked"
    from reapers.sources.forge import GitHub

    token = github.token.get_secret_value() if github.token else ""
    branch = settings.policies.branch
    return missing(GitHub(github.repository, token, github.api).protection(branch), f"{github.repository} branch {branch}")
