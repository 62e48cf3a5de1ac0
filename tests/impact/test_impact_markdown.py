"""The comment: what it says, how long it may be, and that no name in it is more than a name. Read by a CommonMark parser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.matches import Judged
from engine.model import Gap, Inventory
from engine.money import Money
from engine.render.effect import TOP
from engine.render.markdown import LARGEST, MARKER, code, comment, refusal
from makers.changes import FOUR, HOSTILE, LARGER, compared, estate, organization, under, volume
from makers.doors import FILES

OURS = re.compile(r"<!-- sexton:plan -->|</?(details|summary|sub)>")
GITHUB = 65_536


PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


def tokens(text: str) -> Iterator[Token]:
    """Everything that a reader's browser would be given, nested tokens too."""
    for token in PARSER.parse(text):
        yield from token.children or [token]


def foreign(seen: Iterable[Token]) -> list[str]:
    """Tags and comments that are not ours."""
    html = (token.content for token in seen if token.type in ("html_inline", "html_block"))
    return [tag for content in html for tag in re.findall(r"<[^>]*>?", content) if not OURS.fullmatch(tag)]


def of(*names: str) -> Inventory:
    return estate(*(volume(number, name=name) for number, name in enumerate(names)))


def added(inventory: Inventory) -> str:
    return comment(compared(under(inventory, ebs=None), under(inventory), inventory))


def test_three_changes_read_as_three_lines() -> None:
    text = comment(compared(under(organization=organization(mode="notify")), under(ebs=LARGER)))
    assert text.startswith(f"{MARKER}\n### Sexton: what this change would do\n\n**2 resources go further than before")
    assert "| further | `aws.ebs_volume/111122223333/us-east-1/vol-2` | `data-2` | `payments` |" in text
    assert "notify → delete | $500.00/mo |" in text
    assert "| no longer | `aws.ebs_volume/111122223333/us-east-1/vol-1` |" in text
    assert "Resources:" not in text  # nothing is folded away that fits on a page
    assert "`main` (`aaaaaaaaaaaa`) → `feature` (`bbbbbbbbbbbb`)" in text


def test_a_change_that_does_nothing_says_so_in_one_line() -> None:
    text = comment(compared(under(), under()))
    assert "**No resource is affected. 1 resource is as undecided as before.**" in text
    assert "| --- |" not in text


def test_the_review_that_it_needs_stands_above_the_rows() -> None:
    text = comment(compared(under(ebs=None, organization=organization(review="{resources: 2, dollars: 9999}")), under()))
    need = text.index("This needs `platform`**: 3 resources newly match, more than 2.")
    assert need < text.index("| --- |")


def test_limits_exemptions_documents_and_gaps_are_told() -> None:
    ends = """
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [ebs-unattached], resource: aws.ebs_volume, when: [size_gb > 400], until: 2026-11-20, reason: OPS-1}
"""
    inventory = estate(*FOUR.resources, gaps=(Gap("aws.ebs_volume", "1", "eu-west-1", "<denied>"),))
    text = comment(compared(under(inventory, ebs=None), under(inventory, atlas=ends), inventory))
    assert "<summary>Limits: " in text
    assert "| `atlas` | 2026-11-20 | 1 |" in text
    assert "| Exemption | `atlas` | added |" in text
    assert "could not see everything: 1 gap" in text
    assert "denied" not in text


def test_undecided_rows_name_what_is_missing() -> None:
    assert "not known: `owner`, `tags`" in added(FOUR)


def many(count: int) -> tuple[Judged, Judged, Inventory]:
    inventory = estate(*(volume(number, 10 + number % 700, name=HOSTILE[number % 20]) for number in range(count)))
    return under(inventory, ebs=None), under(inventory), inventory


def test_thirty_thousand_fit_and_are_summed() -> None:
    base, head, inventory = many(30_000)
    text = comment(compared(base, head, inventory))
    assert len(text) < GITHUB
    assert "**30,000 resources newly match ($10,755,000.00/mo).**" in text
    assert "the next 300 of 29,980 more" in text
    assert text.count("| new |") == TOP + 300
    assert text.rstrip().endswith("</sub>")


def test_the_longest_names_there_are_still_fit() -> None:
    inventory = estate(*(volume(number, name="\U0001f480" * 500) for number in range(400)))
    text = added(inventory)
    assert len(text.encode()) <= LARGEST < GITHUB
    assert text.count("<details>") == text.count("</details>")
    assert re.search(r"the next \d+ of 380 more", text)


def test_many_teams_and_policies_do_not_crowd_out_the_summary() -> None:
    files = {f"p{number}": FILES["ebs.yaml"].replace("ebs-unattached", f"policy-{'x' * 40}-{number}") for number in range(200)}
    inventory = estate(*(volume(number, name="n" * 100) for number in range(30)))
    text = comment(compared(under(inventory, ebs=None), under(inventory, **files), inventory))
    assert len(text.encode()) <= LARGEST
    assert "**6,030 resources newly match" in text
    assert "| and 171 more |" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_only_ever_a_name(name: str) -> None:
    """No HTML but ours, no link, image, emphasis or code block, and in plain text no sign that a forge makes something of."""
    seen = list(tokens(added(of(name, "plain"))))
    assert foreign(seen) == []
    assert {token.type for token in seen} & {"link_open", "image", "em_open", "s_open", "fence", "code_block"} == set()
    plain = " ".join(token.content for token in seen if token.type == "text")
    assert re.findall(r"[@#<>`]|https?:|www\.|::", plain) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_ends_no_cell(name: str) -> None:
    html = PARSER.render(added(of(name, "plain")))
    (row,) = [row for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL) if "vol-0<" in row]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    assert (cells[0], cells[3], cells[5], cells[6]) == ("new", "<code>payments</code>", "delete", "$10.00/mo")
    assert re.fullmatch(r"<code>[^`|]+</code>", cells[2])


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_refs_and_problems_are_names_too(name: str) -> None:
    text = comment(compared(under(), under(), ref=name)) + refusal(f"policies at {name} does not load: {name}", name)
    seen = list(tokens(text))
    assert foreign(seen) == []
    assert {token.type for token in seen} & {"link_open", "image", "em_open", "s_open", "fence"} == set()


def test_the_marker_in_a_name_is_not_at_the_start_of_a_line() -> None:
    text = added(of(MARKER))
    assert [line for line in text.splitlines() if line.startswith(MARKER)] == [MARKER]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_code_span_is_one_line_without_what_could_end_it(name: str) -> None:
    shown = code(name)
    assert re.fullmatch(r"`[^`|\n\r\x00-\x1f\u202e]+`", shown)


def test_a_providers_reason_for_an_unknown_price_is_not_shown() -> None:
    inventory = estate(volume(1, monthly_cost=Money.unknown("<b>@here</b>")))
    text = added(inventory)
    assert "here" not in text
    assert "| unknown |" in text


def test_a_change_that_cannot_be_judged_replaces_an_older_comment() -> None:
    text = refusal("policies at head does not load (1 errors): ebs.yaml:7:3: no such field.", "head")
    assert text.startswith(f"{MARKER}\n### Sexton: this change cannot be judged\n")
    assert "`policies at head does not load (1 errors): ebs.yaml:7:3: no such field.`" in text
