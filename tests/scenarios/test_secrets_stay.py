"""Start-up scripts hold passwords: what acts remember of a machine stays in the ledger, whichever door somebody asks at.

A canary stands in the metadata of a Google instance and in the user data of an EC2 instance. Both go through a whole life (told,
stopped, backed up, deleted, refused to come back, brought back), while everything that Sexton says is written down.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import logs
from api.http.app import DOORS, create_app
from api.http.house import house_of
from api.shapes.audit import cells_of, line_of
from demo.gcp.local import LocalGCP
from engine.case import State
from engine.model import Verb
from makers.two_clouds import HERE, gcp_disk, gcp_machine, two_clouds
from makers.world import World, somebody
from reapers.store import codec

CANARY = "canary-hunter2-of-the-start-up-script"
SCRIPT = f"export PASSWORD={CANARY}"
ENCODED = base64.b64encode(SCRIPT.encode()).decode()
"""As AWS hands user data out."""
TAG = "tag-that-may-be-shown"

Clouds = tuple[World, LocalGCP]


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Clouds]:
    with two_clouds(tmp_path / "world") as made:
        yield made


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Every line of ours, however small, as `sexton serve` writes it, tracebacks and all."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.OneLine(logs.FORMAT))
    loggers = [logging.getLogger(name) for name in ("engine", "reapers", "api")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield said
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def machines(world: World, gcp: LocalGCP) -> tuple[str, str]:
    """One of each cloud, with the canary where machines keep their start-up scripts."""
    items = [{"key": "startup-script", "value": SCRIPT}, {"key": "ssh-keys", "value": CANARY}]
    google = gcp_machine(gcp, "trial", metadata={"items": items}, labels={"owner": "payments", "idle": "yes", "note": TAG})
    amazon = world.machine("batch", note=TAG)
    world.ec2.modify_instance_attribute(InstanceId=amazon, UserData={"Value": ENCODED})
    return google, amazon


def lives(world: World, gcp: LocalGCP) -> tuple[str, str]:
    """Both deleted; the Google one is refused to come back, for its name is taken, and then comes back."""
    google, amazon = machines(world, gcp)
    for id in (google, amazon):
        world.to(id, State.DELETED)
    assert CANARY in codec.text(world.case(google).memory[Verb.BACKUP]), "it is remembered, or it could not come back"
    gcp_machine(gcp, google, labels={})
    world.desk.restore(world.case(google).id, somebody("ann"))
    world.tick()
    assert world.state(google) in (State.STUCK, State.RESTORING)
    return google, amazon


def no_secret(text: str, where: str = "") -> None:
    """Fails where the canary is, as it was written or as AWS encodes it."""
    assert CANARY not in text, where
    assert ENCODED not in text, where


def asked(world: World) -> dict[str, str]:
    """What every route that can be read answers, by its path."""
    token = world.ledger.add_token("root@acme.example", "admin", world.clock.now() + timedelta(days=1), world.clock.now())
    said: dict[str, str] = {}
    with TestClient(create_app(house_of(world.service))) as http:
        for door in DOORS:
            for case in world.cases():
                path = door.path.replace("{case_id}", case.id)
                if door.method == "GET" and path not in said:
                    said[path] = http.get(path, headers={"Authorization": f"Bearer {token}"}).text
    return said


def test_what_acts_remember_never_leaves_the_ledger(clouds: Clouds, logged: io.StringIO) -> None:
    world, gcp = clouds
    google, _ = lives(world, gcp)
    answers = asked(world)
    assert {"/v1/audit", "/v1/cases", "/v1/plan", "/v1/inventory", "/v1/findings", "/metrics"} <= set(answers)
    assert google in answers["/v1/cases"]
    for path, text in answers.items():
        no_secret(text, path)
    rows = json.loads(answers["/v1/audit"])["rows"]
    assert {"backup sent", "backup done", "delete done", "restore_asked"} <= {row["event"] for row in rows}
    no_secret("".join(line_of(row) for row in rows))
    no_secret(str([cells_of(row) for row in rows]))
    assert "backup of case" in logged.getvalue() or "delete of case" in logged.getvalue()
    no_secret(logged.getvalue())
    no_secret(str([(message.text, message.blocks) for message in world.slack.messages()]))
    files = [file for file in (world.folder / "inventory").rglob("*") if file.is_file()]
    assert files
    for file in files:
        no_secret(file.read_bytes().decode(errors="replace"), str(file))
    no_secret(str(world.reports))
    no_secret(str(world.service.situation.inventory))


def test_a_fault_of_ours_with_a_manifest_in_hand_says_nothing_of_it(
    clouds: Clouds, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the code that holds the manifest breaks, and the log gets the traceback."""
    world, gcp = clouds
    google, _ = machines(world, gcp)
    world.to(google, State.DELETED)
    memory = world.case(google).memory[Verb.BACKUP]
    broken = {"manifest": memory["manifest"]["instance"]}
    assert CANARY in str(broken)
    monkeypatch.setattr("reapers.kinds.gcp_instance_backups.again", lambda *_: broken["gone"])
    world.desk.restore(world.case(google).id, somebody("ann"))
    world.tick()
    assert "Traceback" in logged.getvalue()
    no_secret(logged.getvalue())
    no_secret(str(world.reports))


def test_a_stored_case_that_cannot_be_read_is_not_quoted(clouds: Clouds) -> None:
    """The validator's own words would be: input_value=… and a piece of the memory."""
    world, gcp = clouds
    google, _ = machines(world, gcp)
    world.to(google, State.DELETED)
    text = codec.case_text(world.case(google)).replace('"state":"deleted"', '"state":"vaporised"')
    spoiled = text.replace('"findings":[', f'"findings":["{CANARY}",')
    with pytest.raises(ValueError, match="case") as raised:
        codec.case_from(spoiled)
    shown = "".join(traceback.format_exception(raised.value))
    assert "case_from" in shown
    assert CANARY not in shown


def test_tags_may_be_shown_and_metadata_not_even_to_an_admin(clouds: Clouds) -> None:
    world, gcp = clouds
    gcp_disk(gcp, "labelled", note=TAG)
    google, _ = machines(world, gcp)
    world.tick()
    assert gcp.look(HERE, "instances", google)
    inventory = world.service.situation.inventory
    assert inventory
    assert TAG in str([resource.tags for resource in inventory.resources])
    no_secret(str(inventory))
