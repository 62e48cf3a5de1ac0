"""The commands that read: plan, explain, test, kinds, permissions, scan, doctor; as text and as JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.model import Inventory, Role
from makers.doors import FILES, KEY, commit
from reapers.kind import kinds


def read(said: Any, code: int = 0) -> dict[str, Any]:
    assert said.code == code, said.err
    shape: dict[str, Any] = json.loads(said.out)
    return shape


def test_plan_lists_what_matches(sexton: Any, repository: Path, inventory: Inventory) -> None:
    said = sexton("plan")
    assert said.code == 0, said.err
    assert "ebs-unattached        2          1" in said.out
    assert f"aws.ebs_volume/{KEY.account}/us-east-1/vol-1" in said.out
    assert "not known: owner, tags" in said.out
    assert "\x1b" not in said.out
    shape = read(sexton("plan", "--json"))
    assert shape["schema"] == "sexton/plan@1"
    assert (shape["base"], shape["head"]["ref"], len(shape["head"]["sha"])) == (None, "policies", 40)
    assert [row["change"] for row in shape["resources"]] == ["undecided", "same", "same"]
    assert shape["inventory"]["id"] == inventory.id


def test_plan_says_when_the_folder_is_not_its_commit(sexton: Any, repository: Path, inventory: Inventory) -> None:
    (repository / "policies" / "ebs.yaml").write_text(FILES["ebs.yaml"] + "  mode: notify\n")
    shape = read(sexton("plan", "--format", "json"))
    assert shape["head"]["sha"].endswith("+")
    assert {row["rung"] for row in shape["resources"]} == {"notify", "observe"}


def test_plan_compares_two_commits_and_the_folder(sexton: Any, repository: Path, inventory: Inventory) -> None:
    first = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()
    narrower = FILES["ebs.yaml"].replace("state == 'available'", "state == 'available', size_gb > 100")
    (repository / "policies" / "ebs.yaml").write_text(narrower)
    shape = read(sexton("plan", "--base", "main", "--json"))
    assert [row["change"] for row in shape["resources"]] == ["removed", "removed", "removed"][: len(shape["resources"])]
    assert shape["policies"][0]["matches"]["removed"] == 2
    commit(repository, {"ebs.yaml": narrower})
    shape = read(sexton("plan", "--base", first, "--head", "main", "--json"))
    assert shape["policies"][0]["matches"]["removed"] == 2
    said = sexton("plan", "--base", first, "--head", "main")
    assert "from " + first in said.out
    assert "changed" in said.out


def test_plan_that_needs_a_review_is_one(sexton: Any, repository: Path, inventory: Inventory) -> None:
    base = FILES["organization.yaml"] + "  review: {resources: 1, dollars: 10000}\n"
    (repository / "policies" / "ebs.yaml").unlink()
    commit(repository, {"organization.yaml": base})
    (repository / "policies" / "ebs.yaml").write_text(FILES["ebs.yaml"])
    said = sexton("plan", "--base", "main")
    assert said.code == 1
    assert "This needs platform: 2 resources newly match, more than 1." in said.out


def test_plan_with_a_commit_that_is_none(sexton: Any, repository: Path, inventory: Inventory) -> None:
    said = sexton("plan", "--base", "nonsense")
    assert (said.code, "There is no commit nonsense" in said.err) == (1, True)


def test_plan_of_one_snapshot(sexton: Any, repository: Path, inventory: Inventory) -> None:
    place = f".sexton/inventory/{inventory.id}"
    assert read(sexton("plan", "--inventory", place, "--json"))["inventory"]["id"] == inventory.id


def test_explain_shows_why(sexton: Any, repository: Path, inventory: Inventory) -> None:
    key = f"aws.ebs_volume/{KEY.account}/us-east-1/vol-1"
    for what in (key, "vol-1", f"arn:aws:ec2:us-east-1:{KEY.account}:volume/vol-1"):
        shape = read(sexton("explain", what, "--json"))
        assert (shape["key"], shape["verdicts"][0]["verdict"], shape["case"]) == (key, "match", None)
    said = sexton("explain", "vol-1")
    assert "ebs-unattached: match  policies/ebs.yaml" in said.out
    assert "yes state == 'available'   policies/ebs.yaml:7\n        state = available (2026-11-10T11:00:00Z)\n" in said.out
    assert "owner payments (from tag)" in said.out


def test_explain_of_something_undecided(sexton: Any, repository: Path, inventory: Inventory) -> None:
    said = sexton("explain", "vol-3")
    assert "ebs-unattached: undecided (owner, tags)" in said.out
    assert "owner not known (denied)" in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("data", "'data' may mean 2 resources; name one by its key:"),
        ("vol-9", "There is no 'vol-9' in the inventory of 2026-11-10 11:00 UTC, nor on the 1 day of the history."),
        ("arn:aws:ec2:us-east-1:999999999999:volume/vol-1", "There is no 'arn:aws:ec2"),
    ],
)
def test_explain_of_what_is_not_one_thing(what: str, says: str, sexton: Any, repository: Path, inventory: Inventory) -> None:
    said = sexton("explain", what)
    assert said.code == 1
    assert says in said.err


def test_policy_tests_pass_and_fail(sexton: Any, repository: Path) -> None:
    test = """
apiVersion: sexton/v1
kind: PolicyTest
metadata: {name: volumes, owner: platform}
spec:
  policies: [ebs.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources: [{kind: aws.ebs_volume, id: vol-1, state: available, age_days: 100, tags: {owner: payments}}]
  expect: [{policy: ebs-unattached, id: vol-1, verdict: %s}]
"""
    file = repository / "policies" / "volumes.test.yaml"
    file.write_text(test % "match")
    said = sexton("test", "policies")
    assert (said.code, said.out) == (0, "1 tests, 1 verdicts, 0 not as expected.\n")
    file.write_text(test % "undecided")
    said = sexton("test", "policies")
    assert said.code == 1
    assert "  - expected undecided\n  + got match\n" in said.out
    shape = read(sexton("test", "policies", "--json"), 1)
    assert (shape["ok"], shape["results"][0]["passed"]) == (False, False)


def test_a_folder_without_tests_says_so(sexton: Any, repository: Path) -> None:
    said = sexton("test", "policies")
    assert (said.code, "There is no PolicyTest in policies" in said.err) == (1, True)


def test_kinds_have_the_shape_of_the_contract(sexton: Any) -> None:
    shape = read(sexton("kinds", "--json"))
    assert [kind["name"] for kind in shape["kinds"]] == sorted(kinds())
    for kind in shape["kinds"]:
        assert set(kind) == {"name", "title", "max_mode", "acts", "fields", "needs"}
        assert set(kind["needs"]) == {"scan", "stop", "condemn", "delete"}
        assert all({"name", "type", "optional", "price", "doc"} <= set(field) for field in kind["fields"])
    assert "aws.ebs_volume" in sexton("kinds").out
    assert "size_gb" in sexton("kinds", "aws.ebs_volume").out


@pytest.mark.parametrize("role", sorted(Role))
def test_permissions_are_those_of_the_kinds(role: Role, sexton: Any) -> None:
    policy = read(sexton("permissions", "aws", "--role", role))
    allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    actions = {action for statement in allowed for action in listed(statement["Action"])}
    wanted = {need for kind in kinds().values() if kind.cloud == "aws" for need in kind.needs.get(role, ())}
    extra = {"ec2:DescribeRegions", "sts:GetCallerIdentity"} if role is Role.SCAN else set()
    assert actions == wanted | extra
    assert policy["Version"] == "2012-10-17"
    assert all(statement["Sid"].isalnum() for statement in policy["Statement"])
    custom = read(sexton("permissions", "gcp", "--role", role))
    assert set(custom["includedPermissions"]) >= {
        need for kind in kinds().values() if kind.cloud == "gcp" for need in kind.needs.get(role, ())
    }


def listed(said: str | list[str]) -> list[str]:
    """IAM takes one action or a list of them."""
    return [said] if isinstance(said, str) else said


def test_permissions_of_some_kinds(sexton: Any) -> None:
    policy = read(sexton("permissions", "aws", "--role", "delete", "--kind", "aws.elastic_ip"))
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert actions == kinds()["aws.elastic_ip"].needs[Role.DELETE]


def test_doctor_says_what_to_do(sexton: Any, repository: Path) -> None:
    said = sexton("doctor")
    assert said.code == 0
    assert "ok  policies" in said.out
    assert "NO  aws           no AWS credentials were found" in said.out
    assert "--  slack" in said.out
    assert sexton("doctor", "--strict").code == 1
    shape = read(sexton("doctor", "--json"))
    assert {check["name"]: check["ok"] for check in shape["checks"]} == {
        "installation": True, "settings": True, "policies": True, "ledger": None, "audit": None, "freeze": True,
        "aws": False, "gcp": None, "slack": None, "github": None,
    }  # fmt: skip


def test_doctor_with_bad_settings(sexton: Any, home: Path) -> None:
    (home / "sexton.yaml").write_text("mode: everything\n")
    said = sexton("doctor")
    assert "NO  settings" in said.out
    assert "mode: input should be" in said.out


def test_doctor_with_policies_that_do_not_load(sexton: Any, home: Path) -> None:
    commit(home, {"team.yaml": FILES["search.yaml"].replace("people", "peopel")})
    assert "NO  policies" in sexton("doctor").out


def test_doctor_without_a_repository(sexton: Any, home: Path) -> None:
    assert "is not inside a git repository" in sexton("doctor").out


def test_doctor_tells_no_secret(sexton: Any, repository: Path) -> None:
    secrets = {
        "SEXTON_SLACK__TOKEN": "xoxb-canary",
        "SEXTON_SLACK__SIGNING_SECRET": "canary",
        "SEXTON_SLACK__BASE_URL": "http://127.0.0.1:1/api/",
        "SEXTON_LEDGER__URL": "postgresql://sexton:canary@127.0.0.1:1/sexton",
        "SEXTON_AWS__EXTERNAL_ID": "canary",
    }
    said = sexton("doctor", SEXTON_DEBUG="1", **secrets)
    assert "NO  slack         Slack does not answer" in said.out
    assert "NO  ledger" in said.out
    assert "canary" not in said.out + said.err
