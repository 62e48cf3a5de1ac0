"""The platform's page: what holds it tells, in Slack's limits, and nothing of a name that could steer an output."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from demo.slack.accepted import problems
from engine.holds.hold import Cause, Hold, says
from engine.money import NOTHING
from engine.notice import Notice
from engine.render.slack import PAGED, blocks, fallback, listed
from engine.render.text import text
from reapers.notify.payload import pack, unpack

NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)


def page(count: int, subject: str = "volumes") -> Notice:
    made = [
        Hold(
            id=f"h-{number:010x}",
            cause=Cause.SURGE,
            subject=subject,
            account="111122223333",
            at=NOW,
            data={"new": 300, "usual": 10},
        )
        for number in range(count)
    ]
    return Notice(
        id=made[0].id,
        team="platform",
        channel="#platform",
        day=NOW.date(),
        zone="UTC",
        items=(),
        total=NOTHING,
        page=tuple((hold.id, says(hold)) for hold in made),
    )


def test_a_page_says_what_happened_and_what_to_do() -> None:
    told = text(page(1))
    assert told.splitlines()[1] == "1 hold: nothing begins there until somebody of your team has looked."
    assert "h-0000000000 Policy volumes found 300 new resources in account 111122223333 at once" in told
    assert "sexton release HOLD --reason WHY" in told
    assert "one message a day" not in told


def test_the_outbox_keeps_it() -> None:
    assert unpack(pack(page(3))) == page(3)


@pytest.mark.parametrize("count", [1, PAGED, 500])
def test_slack_takes_it_however_many_there_are(count: int) -> None:
    made = blocks(page(count))
    assert problems(made) == []
    assert f"{count} hold" in fallback(page(count))
    assert listed(page(count)) == frozenset()


@pytest.mark.parametrize("name", ["<!channel> *bold* `code`", "\x1b[2J\u202e", "x" * 5000])
def test_no_name_steers_it(name: str) -> None:
    shown = str(blocks(page(2, name)))
    assert problems(blocks(page(2, name))) == []
    assert "<!channel>" not in shown
    assert not {"\x1b", "\u202e"} & set(shown + text(page(2, name)))
