"""From settings to the parts that they describe. Each part is imported when it is made."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from api.settings import Settings
from reapers.kind import kinds, tables

if TYPE_CHECKING:
    from api.http.slack import Buttons
    from api.identity import Identity
    from api.pipelines import Pipelines
    from api.settings import AllowedSigners
    from reapers.anchor import Anchor
    from reapers.clock import Clock
    from reapers.clouds.cloud import Cloud
    from reapers.notify import Notifier
    from reapers.service import Service
    from reapers.sources.git import Repository
    from reapers.sources.signers import Signers
    from reapers.sources.snapshots import Store
    from reapers.sources.states import StateFiles
    from reapers.store.ledger import Ledger


def the_clouds(settings: Settings) -> dict[str, Cloud]:
    """AWS unless `aws.accounts` is an empty list, GCP where projects are named. Nothing is asked yet."""
    clouds: dict[str, Cloud] = {}
    if settings.aws.accounts:
        from reapers.clouds.aws import AWS

        external = _text(settings.aws.external_id) or None
        clouds["aws"] = AWS(settings.aws.accounts, settings.aws.role, external, settings.aws.regions)
    if settings.gcp.projects:
        from reapers.clouds.gcp import GCP

        clouds["gcp"] = GCP(settings.gcp.projects, settings.gcp.endpoint, settings.gcp.impersonate)
    return clouds


def the_states(settings: Settings) -> StateFiles:
    """Terraform's state files, not read yet."""
    from reapers.sources.states import StateFiles

    return StateFiles(settings.terraform.states)


def the_snapshots(settings: Settings, place: Path | None = None) -> Store:
    """Where inventories are kept: a place that a person names, else that of the settings."""
    from reapers.sources.snapshots import Store

    return Store(place if place is not None else settings.inventory.store)


def the_repository(settings: Settings) -> Repository:
    """The policy repository, not asked yet."""
    from reapers.sources.git import Repository

    policies = settings.policies
    return Repository(
        policies.repository,
        policies.branch,
        policies.path,
        cache_dir=policies.cache_dir,
        token=_text(policies.token),
        signers=the_signers(policies.allowed_signers),
    )


def the_signers(allowed: AllowedSigners | None) -> Signers | None:
    """Who must have signed the policies; None where no signatures are demanded."""
    from reapers.sources.signers import Signers, Trust

    if allowed is None:
        return None
    return Signers(trust=Trust(allowed.trust), ssh=allowed.ssh, gpg=allowed.gpg, fingerprints=allowed.fingerprints)


def open_the_ledger(settings: Settings) -> Ledger:
    """The ledger, brought to the newest schema. LedgerUnavailable says why not."""
    from reapers.store import open_ledger

    return open_ledger(_text(settings.ledger.url))


def the_notifier(settings: Settings) -> Notifier:
    """Slack where it has a token, else printing to standard error, with which nothing goes beyond observe."""
    from reapers.notify import open_notifier

    return open_notifier(_text(settings.slack.token) or None, settings.slack.base_url, sys.stderr)


def the_buttons(settings: Settings, clock: Clock) -> Buttons | None:
    """Slack's buttons; None without both a token and a signing secret."""
    token, secret = _text(settings.slack.token), _text(settings.slack.signing_secret)
    if not token or not secret:
        return None
    from slack_sdk import WebClient

    from api.http.slack import Buttons
    from reapers.notify.answers import answer
    from reapers.notify.clicks import Clicks
    from reapers.notify.commands import Commands
    from reapers.notify.people import People

    people = People(WebClient(token=token, base_url=settings.slack.base_url, timeout=3), clock)
    clicks, commands = Clicks(secret, clock, settings.slack.base_url), Commands(secret, clock)
    return Buttons(clicks=clicks, people=people, answer=answer, commands=commands)


def the_identity(settings: Settings) -> Identity | None:
    """The identity provider of people; None where the settings name none. Nothing is fetched yet."""
    said = settings.auth.oidc
    if said is None:
        return None
    from api.identity import Identity, Provider
    from engine.teams import Access

    opens = {access: frozenset(getattr(said.access, access, ())) for access in Access}
    return Identity(Provider(issuer=said.issuer, audience=said.audience, keys=said.keys, groups=said.groups, access=opens))


def the_pipelines(settings: Settings) -> Pipelines | None:
    """Pipelines that may ask what a change would do; None where the settings name none. Nothing is fetched yet."""
    if not settings.auth.pipelines:
        return None
    from api.pipelines import Pipelines, Trusted

    return Pipelines(
        [
            Trusted(
                forge=one.forge,
                issuer=one.issuer,
                audience=one.audience,
                repository_id=one.repository_id,
                keys=one.keys or "",
            )
            for one in settings.auth.pipelines
        ]
    )


def the_anchor(settings: Settings) -> Anchor | None:
    """Where the head of the audit trail is kept; None where the settings name no place. Nothing is asked yet."""
    head, every = settings.audit.head, settings.audit.every
    if isinstance(head, str):
        from reapers.heads_bucket import HeadBucket

        return HeadBucket(head, every, settings.audit.locked)
    from reapers.heads import HeadFile

    return HeadFile(head, every) if head else None


def the_service(settings: Settings, ledger: Ledger, clock: Clock) -> Service:
    """The loop over an open ledger. Nothing is asked before its first round."""
    from reapers.prices import book
    from reapers.service import Service
    from reapers.watch import Watch
    from reapers.world import Options, World

    world = World(
        ledger=ledger,
        clock=clock,
        clouds=the_clouds(settings),
        kinds=kinds(),
        prices=book(),
        snapshots=the_snapshots(settings),
        watch=Watch(repository=the_repository(settings), ledger=ledger, kinds=tables()),
        notifier=the_notifier(settings),
        states=the_states(settings),
        heads=the_anchor(settings),
        freeze_file=settings.freeze.file,
    )
    options = Options(
        mode=settings.mode,
        scan_every=settings.inventory.every,
        poll_every=settings.policies.poll,
        keep_daily=settings.inventory.keep_daily,
        worker=f"{socket.gethostname()}-{os.getpid()}",
    )
    return Service(world=world, options=options)


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
