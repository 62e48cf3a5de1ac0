"""The stage: a local AWS, GCP and Slack, a policy repository, and the real Sexton between them, all on loopback and one clock."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from demo.clock import StoryClock
from demo.estate import aws as aws_estate
from demo.estate import gcp as gcp_estate

if TYPE_CHECKING:
    from demo.aws.local import LocalAWS
    from demo.gcp.local import LocalGCP
    from demo.slack.server import LocalSlack
    from demo.slack.workspace import Person
    from reapers.service import Service

SECRET = "only-in-the-demo"  # signs the clicks of a Slack that nobody else can reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that is running."""

    clock: StoryClock
    aws: LocalAWS
    gcp: LocalGCP
    slack: LocalSlack
    service: Service
    url: str
    """Where Sexton's API listens."""
    names: aws_estate.Names
    folder: Path

    def restore(self, case: str, person: str) -> None:
        """`sexton restore CASE`, with a token of that person's."""
        from api.client import Client

        now = self.clock.now()
        token = self.service.ledger.add_token(person, "operator", now + timedelta(days=1), now)
        Client(self.url, token).post(f"/v1/cases/{case}/restore", {})


@contextmanager
def stage(folder: Path, clock: StoryClock, port: int = 0, slack_port: int = 0) -> Iterator[Stage]:
    """Build it, and take it down again. `folder` is for the repository, the ledger and the snapshots."""
    from demo.aws.local import LocalAWS
    from demo.gcp.local import LocalGCP
    from demo.slack.server import LocalSlack

    with ExitStack() as up:
        aws = up.enter_context(LocalAWS([aws_estate.SANDBOX, aws_estate.PROD], clock))
        gcp = up.enter_context(LocalGCP([gcp_estate.PROJECT], clock))
        slack = up.enter_context(LocalSlack(clock, people(), signing_secret=SECRET, port=slack_port))
        names = aws_estate.furnish(aws)
        gcp_estate.furnish(gcp)
        repository(folder / "policies-repository")
        _roles(folder / "policies-repository" / "policies", aws, gcp)
        up.enter_context(_environment(dict(aws.environment())))
        service, url = up.enter_context(_sexton(folder, clock, (gcp, slack), port))
        slack.deliver_to = f"{url}/slack/actions"
        slack.commands_to = f"{url}/slack/commands"
        yield Stage(clock=clock, aws=aws, gcp=gcp, slack=slack, service=service, url=url, names=names, folder=folder)


def _roles(policies: Path, aws: LocalAWS, gcp: LocalGCP) -> None:
    """The four roles, made from the policies as `sexton permissions --policies` makes them: the doubles hold Sexton to them."""
    from api.judging import from_folder
    from demo.gcp.roles import roles
    from reapers.permissions import Wish

    wish = Wish.of(from_folder(policies).policies)
    aws.door.roles.furnish(wish)
    gcp.door.roles |= roles(wish)


def people() -> list[Person]:
    """Who works at acme: the people whom the pack's teams name."""
    from demo.slack.workspace import Person

    names = ("ann", "bo", "cy", "dee", "eva", "pia", "quinn")
    return [Person(id=f"U{name.upper()}", email=f"{name}@acme.example", name=name.capitalize()) for name in names]


def repository(folder: Path) -> None:
    """A git repository with the default pack and the demo's Organization."""
    from api.commands.init import the_pack

    shutil.copytree(the_pack(), folder / "policies")
    for own in (Path(__file__).parent / "policies").glob("*.yaml"):
        shutil.copy(own, folder / "policies" / own.name)
    commit(folder, "The first policies")


def commit(folder: Path, message: str) -> None:
    """Everything in the folder as one commit on main."""
    who = {"GIT_AUTHOR_NAME": "Pia", "GIT_AUTHOR_EMAIL": "pia@acme.example"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environment = {**os.environ, **who, **alone}
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, env=environment)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The credentials of the local AWS, for as long as it runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def _sexton(folder: Path, clock: StoryClock, doubles: tuple[LocalGCP, LocalSlack], port: int) -> Iterator[tuple[Service, str]]:
    """The real service and its API, wired from settings as `sexton serve` does it, on the story's clock."""
    from api.http.app import create_app
    from api.http.house import house_of
    from api.serving import listen
    from api.settings import Settings
    from api.wiring import open_the_ledger, the_buttons, the_service

    gcp, slack = doubles
    sock = listen("127.0.0.1", port)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = Settings.model_validate(
        {
            "policies": {"repository": str(folder / "policies-repository")},
            "aws": {"accounts": [aws_estate.SANDBOX, aws_estate.PROD], "regions": ["us-east-1"]},
            "gcp": {"projects": [gcp_estate.PROJECT], "endpoint": gcp.url},
            "inventory": {"store": str(folder / "inventory"), "every": "5d"},
            "ledger": {"url": f"sqlite:///{folder}/ledger.db"},
            "slack": {"token": "xoxb-demo", "signing_secret": SECRET, "base_url": slack.api_url},
            "serve": {"public_url": url},
            "mode": "delete",
        }
    )
    with sock, open_the_ledger(settings) as ledger:
        service = the_service(settings, ledger, clock)
        app = create_app(house_of(service, the_buttons(settings, clock)))
        with _http(app, sock):
            yield service, url


@contextmanager
def _http(app: object, sock: socket.socket) -> Iterator[None]:
    """The API in a thread."""
    import threading
    import time

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", access_log=False))  # type: ignore[arg-type]  # ASGI
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="sexton-http", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
