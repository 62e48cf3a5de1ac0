"""POST /v1/impact: the server fetches both commits itself and answers with the comment; pipelines prove who they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.http.app import create_app
from api.http.house import House, house_of
from api.pipelines import Pipelines, Trusted
from api.reviewing import ALLOWED, Reviews
from engine.render.markdown import MARKER
from makers.changes import FOUR, LARGER, organization
from makers.doors import FILES, StillClock, commit
from makers.issuer import Issuer, issuing, now, public_pem, unsigned
from reapers.service import Service
from reapers.sources.git import Repository

Signed = Callable[..., dict[str, str]]


@dataclass(frozen=True)
class Changes:
    """A policy repository with a branch for a change, and a fork's commit that only a pull request's own ref holds."""

    folder: Path
    old: str
    main: str
    feature: str
    fork: str
    broken: str


def git(folder: Path, *words: str) -> str:
    alone = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", str(folder), *words], env=alone, capture_output=True, text=True, check=True
    ).stdout.strip()


def on(folder: Path, branch: str, start: str, **files: str) -> str:
    """A commit on a branch."""
    git(folder, "checkout", "-q", "-B", branch, start)
    commit(folder, {f"{name}.yaml": text for name, text in files.items()})
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Changes:
    folder = commit(tmp_path_factory.mktemp("changes"), FILES | {"ebs.yaml": LARGER})
    old = git(folder, "rev-parse", "HEAD")
    feature = on(folder, "feature", old, ebs=FILES["ebs.yaml"])
    fork = on(folder, "theirs", old, ebs=FILES["ebs.yaml"] + "# theirs\n")
    git(folder, "update-ref", "refs/pull/7/head", fork)
    broken = on(folder, "broken", old, ebs=FILES["ebs.yaml"].replace("state ==", "colour =="))
    main = on(
        folder, "main", old, search=FILES["search.yaml"] + "  # moved on\n", late=FILES["ebs.yaml"].replace("ebs-un", "late-un")
    )
    git(folder, "branch", "-qD", "theirs")
    return Changes(folder=folder, old=old, main=main, feature=feature, fork=fork, broken=broken)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest.fixture
def pipelines(issuer: Issuer) -> Pipelines:
    issuer.visits.clear()
    issuer.answer = None
    return Pipelines([Trusted(forge="github", issuer=issuer.url, audience="sexton", repository_id="74")])


@pytest.fixture(params=["here", "mirrored"])
def house(request: pytest.FixtureRequest, service: Service, changes: Changes, pipelines: Pipelines, tmp_path: Path) -> House:
    """With the repository read where it lies, and mirrored as from elsewhere."""
    service.situation = replace(service.situation, inventory=FOUR)
    url = str(changes.folder) if request.param == "here" else f"file://{changes.folder}"
    repository = Repository(url, cache_dir=tmp_path / "git")
    reviews = Reviews(repository=repository, situation=lambda: service.situation, clock=service.clock)
    return replace(house_of(service, pipelines=pipelines), reviews=reviews)


@pytest.fixture
def ask(http: TestClient, changes: Changes) -> Callable[..., Any]:
    """`ask(token, base=…, head=…)`: the answer."""

    def post(token: str, base: str = "", head: str = "") -> Any:
        body = {"base": base or changes.main, "head": head or changes.feature}
        return http.post("/v1/impact", json=body, headers={"Authorization": f"Bearer {token}"})

    return post


@pytest.fixture
def viewer(signed: Signed) -> str:
    return signed("ann", "viewer")["Authorization"].removeprefix("Bearer ")


def test_a_person_is_answered_with_the_comment_and_the_json(ask: Any, viewer: str, changes: Changes) -> None:
    answer = ask(viewer)
    assert answer.status_code == 200, answer.text
    shape = answer.json()
    assert set(shape) == {"schema", "comment", "annotations", "plan", "refused"}
    assert shape["annotations"].startswith("::warning file=policies/ebs.yaml,line=4,")
    assert shape["comment"].startswith(MARKER)
    assert "1 resource newly matches ($10.00/mo)" in shape["comment"]
    assert shape["plan"]["head"] == {"ref": changes.feature, "sha": changes.feature}


def test_it_begins_where_the_change_began_and_not_at_what_the_branch_did_since(ask: Any, viewer: str, changes: Changes) -> None:
    """`late-unattached` came to main later: the change does not remove it."""
    plan = ask(viewer).json()["plan"]
    assert plan["base"]["sha"] == changes.old
    assert [(one["name"], one["change"]) for one in plan["policies"]] == [("ebs-unattached", "changed")]


def test_only_what_the_change_does_goes_out(ask: Any, viewer: str) -> None:
    rows = ask(viewer).json()["plan"]["resources"]
    assert [(row["name"], row["change"]) for row in rows] == [("data-1", "added")]


def test_names_of_branches_may_be_asked_for(ask: Any, viewer: str) -> None:
    assert ask(viewer, base="main", head="feature").status_code == 200


def test_a_pipeline_of_our_repository_is_answered(ask: Any, issuer: Issuer) -> None:
    answer = ask(issuer.github())
    assert answer.status_code == 200, answer.text
    assert issuer.visits == ["/.well-known/jwks"]


def test_a_gitlab_pipeline_is_answered(service: Service, changes: Changes, issuer: Issuer, tmp_path: Path) -> None:
    service.situation = replace(service.situation, inventory=FOUR)
    issuer.visits.clear()
    trusted = Trusted(forge="gitlab", issuer=issuer.url, audience="sexton", repository_id="28")
    reviews = Reviews(repository=Repository(str(changes.folder)), situation=lambda: service.situation, clock=service.clock)
    app = create_app(replace(house_of(service, pipelines=Pipelines([trusted])), reviews=reviews))
    with TestClient(app) as http:
        body = {"base": changes.main, "head": changes.feature}
        for token, status in (
            (issuer.gitlab(), 200),
            (issuer.gitlab(project_id="29"), 403),
            (issuer.gitlab(ref_type="tag"), 403),
        ):
            assert http.post("/v1/impact", json=body, headers={"Authorization": f"Bearer {token}"}).status_code == status
    assert issuer.visits == ["/oauth/discovery/keys"]


def test_a_pipeline_opens_no_other_door(http: TestClient, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.github()}"}
    assert http.get("/v1/findings", headers=headers).status_code == 401
    assert http.post("/v1/freeze", json={"reason": "r"}, headers=headers).status_code == 401


def test_a_forks_commit_is_refused_to_a_pipeline(ask: Any, issuer: Issuer, changes: Changes) -> None:
    """Whatever the fork calls its branch: the commit is on none of ours."""
    for name in ("feature", "main"):
        answer = ask(issuer.github(head_ref=name), head=changes.fork)
        assert answer.status_code == 403
        assert "changes from forks are validated and tested" in answer.json()["detail"]


def test_a_forks_branch_that_we_do_not_have_is_refused(ask: Any, issuer: Issuer, changes: Changes) -> None:
    assert ask(issuer.github(head_ref="patch-1"), head=changes.fork).status_code in (403, 422)


@pytest.mark.parametrize(
    "claims",
    [
        {"event_name": "pull_request_target"},
        {"event_name": "workflow_run"},
        {"event_name": None},
        {"event_name": "push", "ref": "refs/tags/v1"},
        {"event_name": "push", "ref": "refs/pull/7/merge"},
        {"head_ref": ""},
        {"head_ref": None},
        {"repository_id": "75"},
        {"repository_id": None},
        {"repository_id": None, "project_id": "75"},
    ],
)
def test_claims_that_do_not_fit_are_refused(claims: dict[str, Any], ask: Any, issuer: Issuer) -> None:
    """The same name with another number is another repository; what runs for strangers' changes may not ask."""
    assert ask(issuer.github(**claims)).status_code == 403


def test_a_push_is_answered_for_its_branch(ask: Any, issuer: Issuer) -> None:
    assert ask(issuer.github(event_name="push", ref="refs/heads/feature", head_ref=None)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "sts.amazonaws.com"},
        {"aud": ["sexton"]},
        {"aud": None},
        {"iss": "http://127.0.0.1:9"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"exp": 1},
        {"exp": "soon"},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_that_lacks_what_it_must_have_is_refused(claims: dict[str, Any], ask: Any, issuer: Issuer) -> None:
    assert ask(issuer.github(**claims)).status_code == 401


def test_a_token_of_the_future_is_refused(ask: Any, issuer: Issuer) -> None:
    assert ask(issuer.github(nbf=now() + 600)).status_code == 401
    assert ask(issuer.github(iat=now() + 600)).status_code == 401


def claims_of(issuer: Issuer) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(issuer.github(), options={"verify_signature": False})
    return said


def forged(issuer: Issuer) -> dict[str, str]:
    """Every forgery, by name."""
    said = claims_of(issuer)
    good = issuer.github()
    with_public_key = unsigned(said, alg="HS256")
    body = with_public_key.rstrip(".")
    tag = hmac.new(public_pem("forge"), body.encode(), hashlib.sha256).digest()
    return {
        "no signature": unsigned(said, alg="none"),
        "no signature, other case": unsigned(said, alg="NoNe"),
        "the algorithm left out": unsigned(said),
        "another key": issuer.sign(said, key="stranger"),
        "the public key as a secret": f"{body}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}",
        "a path as the key's name": issuer.sign(said, headers={"kid": "../../../../dev/null"}),
        "an address as the key's name": issuer.sign(said, headers={"kid": f"{issuer.url}/evil"}),
        "a list as the key's name": unsigned(said, alg="RS256", kid=["forge-1"]),
        "a key of its own": issuer.sign(said, key="stranger", headers={"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
        "a changed claim": f"{good.split('.')[0]}.{unsigned({**said, 'head_ref': 'main'}).split('.')[1]}.{good.split('.')[2]}",
        "cut off": good[:-10],
        "dots": "..",
        "no JSON": "a.b.c",
        "a list of claims": unsigned([1], alg="RS256"),  # type: ignore[arg-type]  # what an attacker sends
        "very long": f"{'a' * 20_000}.{'b' * 20_000}.c",
    }


@pytest.mark.parametrize("name", list(forged(Issuer(url="http://127.0.0.1:1"))))
def test_a_forged_token_is_refused(name: str, ask: Any, issuer: Issuer) -> None:
    answer = ask(forged(issuer)[name])
    assert answer.status_code == 401, answer.text
    assert "evil" not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_address_in_a_token_is_never_asked(ask: Any, issuer: Issuer) -> None:
    token = issuer.sign(claims_of(issuer), key="stranger", headers={"jku": f"{issuer.url}/evil", "x5u": f"{issuer.url}/evil"})
    assert ask(token).status_code == 401
    assert issuer.visits == ["/.well-known/jwks"]


def test_unknown_keys_do_not_make_us_ask_again_and_again(ask: Any, issuer: Issuer) -> None:
    for number in range(10):
        assert ask(issuer.sign(claims_of(issuer), headers={"kid": f"other-{number}"})).status_code == 401
    assert len(issuer.visits) == 1


@pytest.mark.parametrize("answer", [b"not JSON", b"[]", b'{"keys": []}', b""])
def test_keys_that_cannot_be_read_let_nobody_in(answer: bytes, ask: Any, issuer: Issuer) -> None:
    issuer.answer = answer
    assert ask(issuer.github()).status_code in (401, 503)


def test_an_issuer_that_does_not_answer_is_said(service: Service, issuer: Issuer) -> None:
    trusted = Trusted(forge="github", issuer="http://127.0.0.1:9", audience="sexton", repository_id="74")
    with TestClient(create_app(house_of(service, pipelines=Pipelines([trusted])))) as http:
        token = issuer.github(iss="http://127.0.0.1:9")
        answer = http.post("/v1/impact", json={"base": "a", "head": "b"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    assert "cannot be read" in answer.json()["detail"]


def test_a_base_that_is_not_on_the_branch_is_refused(ask: Any, viewer: str, changes: Changes) -> None:
    """Else a change could bring a base of its own, with larger numbers for a review."""
    answer = ask(viewer, base=changes.feature)
    assert (answer.status_code, "is not on the policy branch" in answer.json()["detail"]) == (422, True)


def test_the_numbers_of_a_review_are_those_in_force(ask: Any, viewer: str, service: Service) -> None:
    assert ask(viewer).json()["plan"]["needs"] == []
    policies = service.situation.policies
    assert policies
    strict = replace(policies, organization=replace(policies.organization, review_resources=0))
    service.situation = replace(service.situation, policies=strict)
    assert [need["role"] for need in ask(viewer).json()["plan"]["needs"]] == ["platform"]


def test_a_head_that_does_not_load_is_answered_with_a_comment_that_says_so(ask: Any, viewer: str, changes: Changes) -> None:
    shape = ask(viewer, head=changes.broken).json()
    assert shape["plan"] is None
    assert "does not load (1 errors" in shape["refused"]
    assert shape["comment"].startswith(f"{MARKER}\n### Sexton: this change cannot be judged")


@pytest.mark.parametrize("rev", ["--upload-pack=touch x", "a b", "", "x" * 300, "a\nb", ":(exclude)x", "$(id)"])
def test_what_is_no_revision_is_misuse(rev: str, http: TestClient, viewer: str, changes: Changes) -> None:
    for body in ({"base": changes.main, "head": rev}, {"base": rev, "head": changes.feature}):
        assert http.post("/v1/impact", json=body, headers={"Authorization": f"Bearer {viewer}"}).status_code == 422


def test_a_commit_that_is_not_there_is_said(ask: Any, viewer: str) -> None:
    answer = ask(viewer, head="0123456789" * 4)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")


def test_so_many_a_minute_and_no_more(ask: Any, viewer: str, issuer: Issuer, clock: StillClock) -> None:
    assert [ask(viewer).status_code for _ in range(ALLOWED)] == [200] * ALLOWED
    refused = ask(viewer)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert ask(issuer.github()).status_code == 200  # somebody else
    clock.at += timedelta(seconds=60)
    assert ask(viewer).status_code == 200


def test_a_second_token_of_the_same_repository_is_not_a_second_share(ask: Any, issuer: Issuer) -> None:
    codes = [ask(issuer.github(jti=str(number))).status_code for number in range(ALLOWED + 1)]
    assert codes == [200] * ALLOWED + [429]


def test_before_the_first_scan_there_is_nothing_to_compare(ask: Any, viewer: str, service: Service) -> None:
    service.situation = replace(service.situation, inventory=None)
    answer = ask(viewer)
    assert (answer.status_code, "No inventory has been taken yet" in answer.json()["detail"]) == (503, True)


def test_without_pipelines_in_the_settings_none_is_let_in(service: Service, issuer: Issuer) -> None:
    with TestClient(create_app(house_of(service))) as http:
        answer = http.post("/v1/impact", json={"base": "a", "head": "b"}, headers={"Authorization": f"Bearer {issuer.github()}"})
    assert answer.status_code == 401


def test_the_wider_review_of_a_branch_cannot_be_brought_along(app: FastAPI, changes: Changes, viewer: str) -> None:
    """A change that raises the numbers in its own Organization is measured by the branch's."""
    lax = on(
        changes.folder,
        "lax",
        changes.old,
        ebs=FILES["ebs.yaml"],
        organization=organization(review="{resources: 9999, dollars: 9}"),
    )
    with TestClient(app) as http:
        answer = http.post("/v1/impact", json={"base": changes.main, "head": lax}, headers={"Authorization": f"Bearer {viewer}"})
    assert json.loads(answer.text)["plan"]["needs"] == []  # $10 is more than its own 9, and less than the 10,000 in force
