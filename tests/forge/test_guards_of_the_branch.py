"""`sexton doctor` on the protection of the policy branch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.guards import missing
from api.settings import SettingsProblem, load
from engine.model import Unknown
from makers.recorded import NOT_FOUND, Recorded
from reapers.sources.forge import Protection

GOOD = Protection(dismisses_stale=True, asks_another=True, asks_owners=True)
NONE = Protection(dismisses_stale=False, asks_another=False, asks_owners=False)


def test_a_branch_with_every_guard_is_well() -> None:
    assert missing(GOOD, "acme/policies branch main") == (
        True,
        "acme/policies branch main demands fresh reviews, by somebody else, of the code owners",
    )


def test_every_missing_guard_is_named_with_what_it_means() -> None:
    ok, says = missing(NONE, "acme/policies branch main")
    assert ok is False
    for word in ("dismiss_stale_reviews", "require_last_push_approval", "require_code_owner_reviews"):
        assert word in says


def test_what_is_not_known_is_no_guard() -> None:
    unknown = Unknown("this token may not read branch protection")
    ok, says = missing(Protection(dismisses_stale=True, asks_another=unknown, asks_owners=True), "x")
    assert (ok, says) == (False, "x: 1 of 3 guards could not be read, this token may not read branch protection")
    ok, says = missing(Protection(dismisses_stale=False, asks_another=unknown, asks_owners=unknown), "x")
    assert (ok, says.endswith("; 2 more could not be read")) == (False, True)


def doctor(folder: Path, **variables: str) -> dict[str, Any]:
    command = [sys.executable, "-c", "from api.main import main; main()", "doctor", "--json"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    return next(check for check in checks if check["name"] == "github")


def test_doctor_reports_missing_guards(tmp_path: Path, recorded: Recorded) -> None:
    (tmp_path / "sexton.yaml").write_text(
        f"github: {{repository: acme/policies, api: '{recorded.url}'}}\naws: {{accounts: []}}\n"
    )
    check = doctor(tmp_path, SEXTON_GITHUB__TOKEN="ghp_secret")
    assert check["ok"] is False
    assert check["says"].startswith("acme/policies branch main lacks dismiss_stale_reviews (")
    assert recorded.asked[0].headers["Authorization"] == "Bearer ghp_secret"
    recorded.refusals["GET .*"] = (404, {}, NOT_FOUND)
    assert "could not be read" in doctor(tmp_path)["says"]


def test_without_a_repository_it_is_not_set_up(tmp_path: Path) -> None:
    (tmp_path / "sexton.yaml").write_text("aws: {accounts: []}\n")
    assert doctor(tmp_path)["ok"] is None


def settings(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "sexton.yaml"
    file.write_text(text)
    return load(file)


def test_pipelines_in_the_settings(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "auth: {pipelines: [{repository_id: 74}, {forge: gitlab, issuer: 'https://git.acme.example/', repository_id: '28'}]}",
    )
    github, gitlab = found.auth.pipelines
    assert (github.repository_id, github.issuer, github.audience) == (
        "74",
        "https://token.actions.githubusercontent.com",
        "sexton",
    )
    assert gitlab.issuer == "https://git.acme.example"


@pytest.mark.parametrize(
    "text",
    [
        "auth: {pipelines: [{repository_id: acme/policies}]}",
        "auth: {pipelines: [{issuer: 'https://x'}]}",
        "auth: {pipelines: [{repository_id: 74, issuer: 'http://token.example'}]}",
        "auth: {pipelines: [{repository_id: 74, issuer: 'file:///etc/keys'}]}",
        "auth: {pipelines: [{repository_id: 74, keys: 'https://u:p@x/keys'}]}",
        "auth: {pipelines: [{repository_id: 74, repository: acme/policies}]}",
        "auth: {pipelines: [{repository_id: true}]}",
        "auth: {pipelines: {repository_id: 74}}",
        "github: {repository: acme}",
        "github: {repository: 'acme/../x'}",
        "github: {api: 'http://api.github.example'}",
        "github: {token: ghp_secret}",
    ],
)
def test_settings_that_would_let_somebody_else_in_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem) as caught:
        settings(tmp_path, text)
    assert "ghp_secret" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_pipelines_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTON_AUTH__PIPELINES", '[{"repository_id": "74"}]')
    assert settings(tmp_path, "").auth.pipelines[0].repository_id == "74"
