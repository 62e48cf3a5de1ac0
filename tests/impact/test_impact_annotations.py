"""Annotations: at the lines of the policies, weightiest first, as many as GitHub shows."""

from __future__ import annotations

from engine.render.annotations import annotated
from makers.changes import LARGER, compared, estate, organization, under, volume
from makers.doors import FILES


def lines(*, base: dict[str, str | None], head: dict[str, str | None]) -> list[str]:
    return annotated(compared(under(**base), under(**head))).splitlines()


def test_a_wider_policy_warns_at_its_line() -> None:
    found = lines(base={"ebs": LARGER}, head={})
    assert found == [
        "::warning file=ebs.yaml,line=4,title=sexton%3A ebs-unattached::Changed policy: 1 newly match ($10.00/mo).",
        "1 resource newly matches ($10.00/mo). 1 resource is as undecided as before.",
    ]


def test_a_narrower_policy_is_a_notice() -> None:
    assert lines(base={}, head={"ebs": LARGER})[0].startswith("::notice file=ebs.yaml,line=4,")


def test_a_removed_policy_has_no_line_any_more() -> None:
    assert lines(base={}, head={"ebs": None})[0].startswith(
        "::notice title=sexton%3A ebs-unattached::Policy removed: 3 no longer match"
    )


def test_a_change_elsewhere_is_shown_at_the_policy_that_it_changes() -> None:
    found = lines(base={"organization": organization(mode="notify")}, head={})
    assert found[0].startswith(
        "::warning file=ebs.yaml,line=4,title=sexton%3A ebs-unattached::By a change elsewhere: 3 go further"
    )
    assert found[1].startswith(
        "::warning title=sexton%3A limits::Limit percent_per_day of account 111122223333, aws.ebs_volume: 3 at 1"
    )


def test_a_review_that_is_needed_is_an_error() -> None:
    found = lines(base={"ebs": None, "organization": organization(review="{resources: 1, dollars: 9999}")}, head={})
    assert found[0] == "::error title=sexton%3A needs platform::This needs platform: 3 resources newly match, more than 1."


def test_no_more_warnings_than_github_shows() -> None:
    files = {f"p{number}": FILES["ebs.yaml"].replace("ebs-unattached", f"policy-{number}") for number in range(30)}
    inventory = estate(*(volume(number) for number in range(3)))
    found = annotated(compared(under(inventory, ebs=None), under(inventory, **files), inventory)).splitlines()
    assert sum(line.startswith("::warning") for line in found) == 10
    assert found[-1].startswith("93 resources newly match")


def test_an_unaffected_policy_is_not_annotated() -> None:
    assert lines(base={}, head={}) == ["No resource is affected. 1 resource is as undecided as before."]
