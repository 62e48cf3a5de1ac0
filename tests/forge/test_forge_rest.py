"""The REST clients against recorded answers: one sticky comment, pages, limits, refusals, branch protection, who a run is."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import Unknown
from makers.recorded import BOT, INTEGRATION, LIMITED, NOT_FOUND, Recorded
from reapers.sources.forge import GitHub, Posted, Protection, identity
from reapers.sources.forge_gitlab import GitLab
from reapers.sources.rest import PAGES, ForgeError

MARKER = "<!-- sexton:plan -->"
NEW = f"{MARKER}\nnew"
FILES = "/repos/acme/policies/pulls/7/files"
BAD = {"message": "Bad credentials"}
MOVED = {"message": "Moved Permanently"}
SECONDARY = {"message": "You have exceeded a secondary rate limit."}
USED_UP = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795608000"}
ELSEWHERE = {"Link": '<https://evil.example/x?page=2>; rel="next"'}


def test_the_first_time_a_comment_is_created(github: GitHub, recorded: Recorded) -> None:
    recorded.comment("LGTM", "ann")
    assert github.post(7, NEW, MARKER) is Posted.CREATED
    assert recorded.bodies == ["LGTM", NEW]


def test_the_second_time_it_is_changed_and_the_third_left_alone(github: GitHub, recorded: Recorded) -> None:
    recorded.comment("LGTM", "ann")
    recorded.comment(f"{MARKER}\r\nold")
    assert github.post(7, NEW, MARKER) is Posted.UPDATED
    assert github.post(7, NEW, MARKER) is Posted.SAME
    assert recorded.bodies == ["LGTM", NEW]
    assert recorded.writes == ["PATCH /repos/acme/policies/issues/comments/2"]


def test_a_comment_that_somebody_else_wrote_is_never_changed(github: GitHub, recorded: Recorded) -> None:
    """Whoever may comment could else choose where our words stand, and what stood there."""
    recorded.comment(f"{MARKER}\nnot ours", "mallory")
    recorded.comment(f"look: {MARKER}", BOT)
    assert github.post(7, NEW, MARKER) is Posted.CREATED
    assert recorded.bodies[:2] == [f"{MARKER}\nnot ours", f"look: {MARKER}"]


def test_a_comment_on_the_third_page_is_found(github: GitHub, recorded: Recorded) -> None:
    recorded.page = 2
    for number in range(5):
        recorded.comment(f"talk {number}", "ann")
    recorded.comment(f"{MARKER}\nold")
    assert github.post(7, NEW, MARKER) is Posted.UPDATED
    assert len([one for one in recorded.asked if one.path.endswith("/comments")]) == 3


def test_only_where_one_is_wanted_is_one_created(github: GitHub, recorded: Recorded) -> None:
    assert github.post(7, NEW, MARKER, create=False) is Posted.NONE
    recorded.comment(f"{MARKER}\nold")
    assert github.post(7, NEW, MARKER, create=False) is Posted.UPDATED


def test_a_token_that_says_who_it_is_is_believed(github: GitHub, recorded: Recorded) -> None:
    recorded.me = "sexton-app"
    recorded.comment(f"{MARKER}\nof the workflow")
    assert github.post(7, NEW, MARKER) is Posted.CREATED


def test_an_author_can_be_named_where_the_token_cannot_ask(recorded: Recorded) -> None:
    recorded.comment(f"{MARKER}\nold", "acme-sexton[bot]")
    assert GitHub("acme/policies", "t", recorded.url, author="acme-sexton[bot]").post(7, NEW, MARKER) is Posted.UPDATED
    assert "/user" not in [one.path for one in recorded.asked]


def test_who_we_are_and_which_version_is_said_with_every_request(github: GitHub, recorded: Recorded) -> None:
    github.post(7, NEW, MARKER)
    for one in recorded.asked:
        assert one.headers["Authorization"] == "Bearer ghs_secret"
        assert one.headers["X-GitHub-Api-Version"] == "2022-11-28"


def test_a_netrc_file_does_not_replace_the_token(github: GitHub, recorded: Recorded, tmp_path: Any, monkeypatch: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    github.changed_files(7)
    assert recorded.asked[0].headers["Authorization"] == "Bearer ghs_secret"


def test_changed_files_are_listed_page_by_page_with_their_old_names(github: GitHub, recorded: Recorded) -> None:
    recorded.page = 2
    recorded.files = ["policies/a.yaml", "policies/b.yaml", "README.md"]
    found = github.changed_files(7)
    assert (found.paths, found.complete) == (frozenset(recorded.files), True)


def test_a_list_that_was_cut_off_is_not_complete(github: GitHub, recorded: Recorded) -> None:
    recorded.files = [f"f{number}" for number in range(3000)]
    assert github.changed_files(7).complete is False


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ((404, {}, NOT_FOUND), f"GitHub has no {FILES}, or does not show it to this token (Not Found)."),
        ((401, {}, BAD), "GitHub does not know the token: it is wrong or has run out (Bad credentials)."),
        ((403, {}, INTEGRATION), f"GitHub does not let this token use {FILES} (Resource not accessible by integration)."),
        ((403, USED_UP, LIMITED), "GitHub takes no more requests with this token before 12:00 UTC."),
        ((403, {"retry-after": "60"}, SECONDARY), "GitHub takes no more requests with this token for 60 s."),
        ((429, {}, LIMITED), "GitHub takes no more requests with this token for a while."),
        ((301, {"Location": "https://api.github.com/x"}, MOVED), "its new name is wanted (Moved Permanently)."),
        ((500, {}, b"<html>"), f"GitHub refused {FILES} with 500."),
        ((200, {}, b"<html>"), "is not GitHub's API."),
        ((200, {}, {"message": "no list"}), f"GitHub answered {FILES} with something that is no list."),
        ((200, ELSEWHERE, []), "GitHub names a next page at evil.example; that is not where it is."),
    ],
    ids=["404", "401", "403", "limit", "secondary limit", "429", "moved", "500", "no JSON", "no list", "another host"],
)  # fmt: skip
def test_every_refusal_is_one_sentence(
    refusal: tuple[int, dict[str, str], Any], sentence: str, github: GitHub, recorded: Recorded
) -> None:
    recorded.refusals["GET .*/files"] = refusal
    with pytest.raises(ForgeError) as caught:
        github.changed_files(7)
    assert str(caught.value).endswith(sentence)
    assert "ghs_secret" not in repr(caught.value)


def test_a_write_is_not_tried_twice(github: GitHub, recorded: Recorded) -> None:
    """It may have had its effect: twice would be two comments."""
    recorded.refusals["POST .*"] = (502, {}, b"")
    with pytest.raises(ForgeError):
        github.post(7, NEW, MARKER)
    assert recorded.writes == ["POST /repos/acme/policies/issues/7/comments"]


def test_a_read_is_tried_again(github: GitHub, recorded: Recorded) -> None:
    recorded.refusals["GET .*/files"] = (502, {}, b"")
    with pytest.raises(ForgeError):
        github.changed_files(7)
    assert len(recorded.asked) == 3


def test_a_list_without_an_end_is_an_error(github: GitHub, recorded: Recorded) -> None:
    path = "/repos/acme/policies/pulls/7/files"
    recorded.refusals[f"GET {path}"] = (200, {"Link": f'<{recorded.url}{path}?page=2>; rel="next"'}, [])
    with pytest.raises(ForgeError, match="only a part of them was read"):
        github.changed_files(7)
    assert len(recorded.asked) == PAGES


def test_a_forge_that_is_not_there_is_said() -> None:
    with pytest.raises(ForgeError, match=r"GitHub cannot be reached at 127.0.0.1:9 \(ConnectionError\)\."):
        GitHub("acme/policies", "t", "http://127.0.0.1:9").changed_files(7)


@pytest.mark.parametrize("url", ["http://api.github.example", "ftp://x", "api.github.com", "http://127.0.0.1.evil.example"])
def test_a_token_goes_over_https_only(url: str) -> None:
    with pytest.raises(ForgeError, match="must begin with https://"):
        GitHub("acme/policies", "t", url)


@pytest.mark.parametrize("name", ["acme", "acme/", "/x", "a/b/c", ""])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    with pytest.raises(ForgeError, match="expected owner/name"):
        GitHub(name)


def test_a_name_cannot_lead_to_another_path(recorded: Recorded) -> None:
    with pytest.raises(ForgeError):
        GitHub("acme/..%2f..?x", "t", recorded.url).changed_files(7)
    assert recorded.asked[0].path == "/repos/acme/..%252f..%3Fx/pulls/7/files"


RULE = {
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "required_approving_review_count": 1,
        "require_last_push_approval": False,
    }
}
RULESET = {
    "type": "pull_request",
    "ruleset_id": 1,
    "parameters": {
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": True,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": False,
    },
}


def said(found: Protection) -> tuple[object, ...]:
    return tuple(
        "?" if isinstance(one, Unknown) else one for one in (found.dismisses_stale, found.asks_another, found.asks_owners)
    )


@pytest.mark.parametrize(
    ("rule", "rules", "expected"),
    [
        (None, [], (False, False, False)),
        (RULE, [], (True, False, True)),
        (None, [RULESET], (False, True, False)),
        (RULE, [RULESET, {"type": "deletion"}], (True, True, True)),
        ({"enforce_admins": {"enabled": True}}, [], (False, False, False)),
    ],
)
def test_guards_of_rules_and_rulesets_add_up(
    rule: dict[str, Any] | None, rules: list[dict[str, Any]], expected: tuple[bool, ...], github: GitHub, recorded: Recorded
) -> None:
    recorded.protection, recorded.rules = rule, rules
    assert said(github.protection("main")) == expected


def test_what_the_token_may_not_read_is_unknown_and_not_missing(github: GitHub, recorded: Recorded) -> None:
    """Without the right to see the rule GitHub answers 404, as if there were none: only its words tell the two apart."""
    recorded.refusals["GET .*/protection"] = (404, {}, NOT_FOUND)
    recorded.rules = [RULESET]
    assert said(github.protection("main")) == ("?", True, "?")
    recorded.refusals["GET .*/rules/.*"] = (403, {}, INTEGRATION)
    assert said(github.protection("main")) == ("?", "?", "?")


def test_a_limit_is_an_error_and_no_missing_guard(github: GitHub, recorded: Recorded) -> None:
    recorded.refusals["GET .*/rules/.*"] = (500, {}, b"")
    with pytest.raises(ForgeError):
        github.protection("main")


def test_a_run_asks_for_a_token_for_its_audience(recorded: Recorded) -> None:
    environment = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{recorded.url}/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "run",
    }
    assert identity(environment, "sexton") == "token-for-sexton"
    assert recorded.asked[0].headers["Authorization"] == "Bearer run"


def test_a_run_that_may_have_no_token_has_none() -> None:
    assert identity({}, "sexton") == ""


def test_gitlab_keeps_one_note(gitlab: GitLab, recorded: Recorded) -> None:
    recorded.comment(f"{MARKER}\nnot ours", "mallory")
    assert gitlab.post(7, NEW, MARKER) is Posted.CREATED
    assert gitlab.post(7, f"{MARKER}\nnewer", MARKER) is Posted.UPDATED
    assert gitlab.post(7, f"{MARKER}\nnewer", MARKER) is Posted.SAME
    assert recorded.bodies == [f"{MARKER}\nnot ours", f"{MARKER}\nnewer"]
    assert recorded.writes == ["POST /projects/28/merge_requests/7/notes", "PUT /projects/28/merge_requests/7/notes/2"]
    assert recorded.asked[0].headers["PRIVATE-TOKEN"] == "glpat-secret"


def test_gitlab_lists_changed_files(gitlab: GitLab, recorded: Recorded) -> None:
    assert gitlab.changed_files(7).paths == frozenset({"policies/ebs.yaml"})
    recorded.files = [f"f{number}" for number in range(1000)]
    assert gitlab.changed_files(7).complete is False
