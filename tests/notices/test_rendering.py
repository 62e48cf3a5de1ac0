"""Notices in Slack's blocks and in plain text: golden outputs, Slack's limits, hostile names (S11)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.slack.accepted import problems, too_long
from engine.case import State
from engine.model import Mode
from engine.money import Money
from engine.notice import Item, Notice
from engine.render.slack import blocks, fallback, listed
from engine.render.text import text
from reapers.notify.signed import LARGEST

ItemOf = Callable[..., Item]
NoticeOf = Callable[..., Notice]
Golden = Callable[[str, str], None]

HOSTILE = [
    "<!channel> <@U1> <http://evil.example|click me>",
    "*bold* _it_ ~no~ `code` ```block``` :boom: &amp; &lt;",
    "\u202egnp.exe\u202c\u200b\u2066hidden\u2069",
    "\x1b[2J\x1b]0;owned\x07\x9b31mred\r\nnew line\x00",
    "=cmd|' /C calc'!A0",
    "x" * 5000,
    "&" * 5000,
    "`" * 20,
    "",
    "\U000e0041\ud800 tags and surrogates",
]


def as_json(notice: Notice) -> str:
    """Blocks as a golden file holds them."""
    return json.dumps({"text": fallback(notice), "blocks": blocks(notice)}, indent=2, ensure_ascii=False) + "\n"


def texts(value: object) -> list[str]:
    """Every string that Slack would show."""
    if isinstance(value, dict):
        own = [value[name] for name in ("text", "accessibility_label") if isinstance(value.get(name), str)]
        return own + [found for part in value.values() for found in texts(part)]
    return [found for part in value for found in texts(part)] if isinstance(value, list) else []


def test_proposals_golden(item_of: ItemOf, notice_of: NoticeOf, golden: Golden) -> None:
    managers = (
        'terraform: module.shop.module.data["eu"].aws_ebs_volume.orders[0] in infra/prod/terraform.tfstate',
        "CloudFormation stack shop-prod, logical id OrdersVolume",
        "Kubernetes volume claim orders-0 of namespace shop",
        "Auto Scaling group shop-web",
        "AWS Backup",
        "something that could not be read",
    )
    notice = notice_of(*(item_of(number, mode=Mode.NOTIFY, managed_by=by) for number, by in enumerate(managers, 1)))
    golden("proposals.txt", text(notice))
    golden("proposals.json", as_json(notice))


def test_everything_golden(all_items: list[Item], notice_of: NoticeOf, golden: Golden) -> None:
    notice = notice_of(*all_items)
    golden("everything.txt", text(notice))
    golden("everything.json", as_json(notice))


def test_one_new_finding_golden(item_of: ItemOf, notice_of: NoticeOf, golden: Golden) -> None:
    notice = notice_of(item_of(), link="")
    golden("one_new.txt", text(notice))
    golden("one_new.json", as_json(notice))


def test_two_hundred_golden(item_of: ItemOf, notice_of: NoticeOf, golden: Golden) -> None:
    notice = notice_of(*(item_of(number) for number in range(200)))
    golden("two_hundred.txt", text(notice))
    golden("two_hundred.json", as_json(notice))
    assert len(blocks(notice)) < 20
    written = str(blocks(notice))
    assert listed(notice) == {item.case for item in notice.items if item.case in written}
    assert len(listed(notice)) > 150


def test_what_the_message_does_not_name_is_not_told(item_of: ItemOf, notice_of: NoticeOf) -> None:
    notice = notice_of(*(item_of(number, name="x" * 60) for number in range(900)))
    written = str(blocks(notice))
    named = listed(notice)
    assert 0 < len(named) < 900
    assert named == {item.case for item in notice.items if item.case in written}


def test_hostile_names_golden(item_of: ItemOf, notice_of: NoticeOf, golden: Golden) -> None:
    notice = notice_of(*(item_of(number, name=name[:60], why=name[:60]) for number, name in enumerate(HOSTILE)))
    golden("hostile.txt", text(notice))
    golden("hostile.json", as_json(notice))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_can_steer_slack_or_a_terminal(item_of: ItemOf, notice_of: NoticeOf, name: str) -> None:
    item = item_of(
        name=name,
        why=name,
        stuck=name,
        managed_by=name or "x",
        state=State.STUCK,
        tell="stuck",
        monthly=Money.unknown(name or "x"),
    )
    told = item_of(2, name=name, why=name, mode=Mode.NOTIFY, managed_by=name or "x")
    notice = notice_of(item, told)
    for shown in [*texts(blocks(notice)), fallback(notice)]:
        bare = shown.replace("<https://sexton.example.com/", "").replace("|details>", "")
        assert "<" not in bare
        assert ">" not in bare
        for entity in bare.split("&")[1:]:
            assert entity.startswith(("amp;", "lt;", "gt;")), shown
        assert not _hidden(shown.replace("\n", ""))
        assert "```" not in shown
        assert all(line.count("`") % 2 == 0 for line in shown.splitlines())
    assert not _hidden(text(notice).replace("\n", ""))
    assert not problems(blocks(notice))


def _hidden(shown: str) -> list[str]:
    return [sign for sign in shown if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]


def test_a_back_tick_does_not_end_the_code_span(item_of: ItemOf, notice_of: NoticeOf) -> None:
    (section,) = [block for block in blocks(notice_of(item_of(name="a`<!here>`b"))) if "a&lt;" in str(block)]
    assert section["text"]["text"].startswith("*`a&lt;!here&gt;b`* ")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_slack_takes_every_notice(data: st.DataObject, item_of: ItemOf, notice_of: NoticeOf) -> None:
    """Whatever is told, of however many, with whatever names: within Slack's limits, and nothing is lost from the count."""
    names = st.text(max_size=400) | st.sampled_from(HOSTILE)
    states: list[dict[str, Any]] = [
        {"tell": "found"},
        {"tell": "approval", "state": State.AWAITING_APPROVAL, "rung": Mode.STOP},
        {"tell": "found", "mode": Mode.NOTIFY, "managed_by": "x" * 400},
        {"tell": "stuck", "state": State.STUCK, "stuck": "<&>" * 300},
        {"tell": "deleted", "state": State.DELETED, "rung": Mode.DELETE},
    ]
    size = data.draw(st.integers(0, 19) | st.integers(20, 120))
    name, why, changes = data.draw(names), data.draw(names), data.draw(st.lists(st.sampled_from(states), min_size=1, max_size=5))
    items = [item_of(number, name=f"{name}{number}", why=why, **changes[number % len(changes)]) for number in range(size)]
    shown = blocks(notice_of(*items, link=data.draw(st.sampled_from(["", "https://sexton.example.com"]))))
    assert problems(shown) == []
    assert not too_long(shown)
    assert len(shown) <= 50


def test_what_does_not_fit_is_counted_and_linked(item_of: ItemOf, notice_of: NoticeOf, case_of: Callable[..., Any]) -> None:
    terms = case_of().terms
    items = [
        item_of(100 * policy + number, terms=replace(terms, policy=f"policy-{policy}"), name=f"n-{policy}-{number}")
        for policy in range(8)
        for number in range(19)
    ]
    shown = blocks(notice_of(*items))
    named = sum(block["type"] == "actions" for block in shown)
    fold = shown[-2]["text"]["text"]
    assert len(shown) <= 50
    link = "<https://sexton.example.com/cases?team=payments|See them all>"
    assert fold == f"{8 * 19 - named} more cases: the next message tells of them. {link}"


def test_approvals_come_first_and_are_never_what_is_folded(item_of: ItemOf, notice_of: NoticeOf, now: Any) -> None:
    waits = {"tell": "approval", "state": State.AWAITING_APPROVAL, "rung": Mode.STOP, "approve_by": now + timedelta(days=99)}
    shown = blocks(
        notice_of(*(item_of(number) for number in range(19)), *(item_of(50 + number, **waits) for number in range(15)))
    )
    approve = [part for block in shown for part in block.get("elements", []) if part.get("action_id") == "sexton.approve"]
    assert len(approve) == 15
    assert "more cases" in str(shown[-2])


def test_the_longest_message_comes_back_with_its_click(item_of: ItemOf, notice_of: NoticeOf) -> None:
    """Slack sends the whole message along with a click: it must stay below what we read."""
    waits = {"tell": "approval", "state": State.AWAITING_APPROVAL, "rung": Mode.STOP}
    longest = blocks(notice_of(*(item_of(number, name="&" * 40, **waits) for number in range(19))))
    assert len(urlencode({"payload": json.dumps({"message": {"blocks": longest}})})) < LARGEST
