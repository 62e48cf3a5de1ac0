"""Settings: the defaults of the contract, what goes before what, and one sentence for everything that is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.settings import Settings, SettingsProblem, load
from api.wiring import the_repository
from engine.model import Mode
from reapers.sources.signers import Signers


def settings(tmp_path: Path, text: str = "") -> Settings:
    file = tmp_path / "sexton.yaml"
    file.write_text(text)
    return load(file)


def test_the_defaults_are_those_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load()
    assert (found.policies.repository, found.policies.branch, found.policies.path) == (".", "main", "policies")
    assert found.policies.poll == timedelta(seconds=60)
    assert (found.aws.accounts, found.aws.role, found.aws.regions) == ("caller", "sexton-{role}", "enabled")
    assert (found.gcp.projects, found.gcp.endpoint) == ((), None)
    assert found.inventory.store == ".sexton/inventory"
    assert (found.inventory.every, found.inventory.keep_daily) == (timedelta(hours=1), timedelta(days=400))
    assert found.ledger.url.get_secret_value() == "sqlite:///.sexton/ledger.db"
    assert (found.slack.token, found.slack.base_url) == (None, "https://slack.com/api/")
    assert (found.serve.host, found.serve.port, found.serve.url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert found.mode is Mode.OBSERVE


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTON_SERVE__PORT", "9090")
    monkeypatch.setenv("SEXTON_MODE", "notify")
    found = settings(tmp_path, "serve: {host: 0.0.0.0, port: 1}\nmode: delete\n")
    assert (found.serve.host, found.serve.port, found.mode) == ("0.0.0.0", 9090, Mode.NOTIFY)


@pytest.mark.parametrize(
    ("variable", "value", "section", "key", "expected"),
    [
        ("SEXTON_GCP__PROJECTS", "a, b", "gcp", "projects", ("a", "b")),
        ("SEXTON_AWS__ACCOUNTS", "organization", "aws", "accounts", "organization"),
        ("SEXTON_AWS__ACCOUNTS", "012345678901", "aws", "accounts", ("012345678901",)),
        ("SEXTON_AWS__REGIONS", "us-east-1,eu-west-1", "aws", "regions", ("us-east-1", "eu-west-1")),
        ("SEXTON_GCP_ENDPOINT", "http://127.0.0.1:1", "gcp", "endpoint", "http://127.0.0.1:1"),
        ("SEXTON_GCP__ENDPOINT", "http://127.0.0.1:2", "gcp", "endpoint", "http://127.0.0.1:2"),
        ("SEXTON_TERRAFORM__STATES", "infra,s3://states/prod/", "terraform", "states", ("infra", "s3://states/prod/")),
        ("SEXTON_INVENTORY__EVERY", "30m", "inventory", "every", timedelta(minutes=30)),
    ],
)
def test_every_key_is_also_a_variable(
    variable: str, value: str, section: str, key: str, expected: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(getattr(settings(tmp_path), section), key) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("serve: {prot: 1}", "serve.prot: there is no such key; did you mean port"),
        ("sreve: {port: 1}", "sreve: there is no such key; did you mean serve"),
        ("mode: everything", "mode: input should be 'observe', 'notify', 'stop' or 'delete'"),
        ("serve: {port: 70000}", "serve.port: input should be less than or equal to 65535"),
        ("serve: 8080", "serve: expected a section with keys of its own"),
        (
            "aws: {accounts: [111122223333]}",
            "aws.accounts: input should be 'caller' or 'organization', or expected a list of texts",
        ),
        ("inventory: {every: 1 hour}", "inventory.every: expected a span such as 60s"),
        ("inventory: {every: 0s}", "inventory.every: expected a span"),
        ("aws: {accounts: ['12']}", "aws.accounts: input should be 'caller' or 'organization', or 12 is no account id"),
        ("aws: {role: 'x{nope}'}", "aws.role: expected the name of a role; the only place holder is {role}"),
        ("auth: {oidc: {issuer: x}}", "auth.oidc.issuer: expected an https:// address"),
        ("auth: {oidc: {issuer: 'https://id.test', audience: a}}", "auth.oidc.keys: field required"),
        ("policies: {allowed_signers: {gpgs: keys}}", "policies.allowed_signers.gpgs: there is no such key; did you mean gpg"),
        ("policies: {allowed_signers: {trust: x}}", "policies.allowed_signers.trust: input should be 'people' or 'forge'"),
        ("policies: {token: canary}", "policies.token is a secret: keep it out of this file and set SEXTON_POLICIES__TOKEN"),
        ("policies: {repository: 'https://canary@h.test/r'}", "policies.repository holds credentials: take them out"),
        ("ceilings: {limits: {per_day: 1}}", "ceilings: ceilings are not applied yet"),
        ("slack: {token: xoxb-canary}", "slack.token is a secret: keep it out of this file and set SEXTON_SLACK__TOKEN"),
        ("slack: {signing_secret: canary}", "slack.signing_secret is a secret"),
        ("aws: {external_id: canary}", "aws.external_id is a secret"),
        ("ledger: {url: 'postgresql://u:canary@h/d'}", "ledger.url holds a password"),
        ("slack: {token_file: /nonexistent/token}", "slack.token_file: cannot read /nonexistent/token"),
        ("- a list", "expected keys such as"),
        ("serve: [", "this is not YAML"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem) as caught:
        settings(tmp_path, text)
    sentence = str(caught.value)
    assert says in sentence
    assert "\n" not in sentence
    assert "canary" not in sentence
    assert sentence.endswith(".")


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem) as caught:
        settings(tmp_path, "mode: x\nserve: {port: y}\nfoo: 1\n")
    assert all(name in str(caught.value) for name in ("mode:", "serve.port:", "foo:"))


@pytest.mark.parametrize("variable", ["SEXTON_SERV__PORT", "SEXTON_SERVEPORT", "SEXTON_POLICY_PATH"])
def test_a_mistyped_variable_is_refused(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsProblem, match=f"{variable} is no setting"):
        settings(tmp_path)


def test_a_mistyped_key_in_a_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTON_SERVE__PROT", "1")
    with pytest.raises(SettingsProblem, match=r"serve\.prot: there is no such key"):
        settings(tmp_path)


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-1\n")
    (tmp_path / "url").write_text("postgresql://u:p@h/d\n")
    found = settings(tmp_path, f"slack: {{token_file: {tmp_path}/token}}\nledger: {{url_file: {tmp_path}/url}}\n")
    assert found.slack.token
    assert found.slack.token.get_secret_value() == "xoxb-1"
    assert found.ledger.url.get_secret_value() == "postgresql://u:p@h/d"


def test_secrets_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTON_SLACK__TOKEN", "xoxb-canary")
    monkeypatch.setenv("SEXTON_LEDGER__URL", "postgresql://u:canary@h/d")
    assert "canary" not in repr(settings(tmp_path))


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SettingsProblem, match="is empty"):
        settings(tmp_path, f"slack: {{token_file: {tmp_path}/token}}\n")


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="There is no settings file"):
        load(tmp_path / "none.yaml")


def test_who_may_sign_is_a_file_or_a_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(tmp_path, "policies: {allowed_signers: /etc/sexton/signers}").policies.allowed_signers
    assert found is not None
    assert (found.trust, found.ssh, found.gpg) == ("people", Path("/etc/sexton/signers"), None)
    key = "5de3 e050 9c47 ea3c f04a 42d3 4aee 18f8 3afd eb23"
    text = f"policies: {{allowed_signers: {{trust: forge, gpg: /k.asc, fingerprints: ['{key}']}}}}"
    found = settings(tmp_path, text).policies.allowed_signers
    assert found is not None
    assert (found.trust, found.gpg) == ("forge", Path("/k.asc"))
    assert found.fingerprints == ("5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23",)
    monkeypatch.setenv("SEXTON_POLICIES__ALLOWED_SIGNERS", "/from/environment")
    found = settings(tmp_path).policies.allowed_signers
    assert found is not None
    assert found.ssh == Path("/from/environment")
    monkeypatch.delenv("SEXTON_POLICIES__ALLOWED_SIGNERS")
    monkeypatch.setenv("SEXTON_POLICIES__ALLOWED_SIGNERS__GPG", "/k.asc")
    monkeypatch.setenv("SEXTON_POLICIES__ALLOWED_SIGNERS__FINGERPRINTS", "aa:bb,cc")
    found = settings(tmp_path).policies.allowed_signers
    assert found is not None
    assert (found.gpg, found.fingerprints) == (Path("/k.asc"), ("AABB", "CC"))


def test_everything_of_the_repository_is_wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("canary-token\n")
    seen: dict[str, object] = {}

    class Seen:
        def __init__(self, *words: object, **more: object) -> None:
            seen.update(more, words=words)

    monkeypatch.setattr("reapers.sources.git.Repository", Seen)
    more = f"token_file: {tmp_path}/token, cache_dir: /var/cache/sexton, allowed_signers: /s"
    text = f"policies: {{repository: https://h.test/r, {more}}}"
    found = settings(tmp_path, text)
    the_repository(found)
    assert seen["words"] == ("https://h.test/r", "main", "policies")
    assert (seen["token"], seen["cache_dir"]) == ("canary-token", Path("/var/cache/sexton"))
    assert seen["signers"] == Signers(ssh=Path("/s"))
    assert "canary" not in repr(found)


def test_a_whole_section_is_not_set_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEXTON_AWS", "x")
    with pytest.raises(SettingsProblem, match=r"^SEXTON_AWS is a whole section: set its keys one by one, as SEXTON_AWS__KEY\.$"):
        load()
