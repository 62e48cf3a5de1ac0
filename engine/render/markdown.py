"""What a change of policies does, as one Markdown comment on its pull request: it reads well with 3 changes and with 30,000.

Summary first, the weightiest resources next, everything else folded, and never longer than GitHub takes. Whatever a person
or a cloud named stands in a code span: it cannot become HTML, a link, a mention of somebody, or a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.hurdles import Met
from engine.impact import Compared, Side
from engine.matches import Change, Row
from engine.render.effect import TOP, at_stake, effect, monthly, reach, summary
from engine.weight import Weight
from engine.wording import clean, count

MARKER = "<!-- sexton:plan -->"
"""How the one comment is found again. It is the comment's first line; a resource's name is never there."""

LARGEST = 65_000
"""Bytes. GitHub takes 65,536 characters; bytes are never fewer, however they count."""

NAME = 100
FOLDED = 300
"""Resources below the fold. More are read as JSON, not by scrolling."""
LISTED = 30
"""Teams, policies, limits, exemptions: rows of a table before it says how many more there are."""


def comment(compared: Compared) -> str:
    """The comment. Parts that no longer fit are left out from the end, and the end says so."""
    news = compared.impact.news
    rows = news.weightiest(TOP + FOLDED)
    blocks = [
        _heading(compared),
        *_needs(compared),
        _teams(compared),
        _resources(rows[:TOP]),
        _policies(compared),
        _limits(compared),
        _ending(compared),
    ]
    foot = _foot(compared)
    kept = list(_fitting(filter(None, blocks), LARGEST - _size(foot)))
    room = LARGEST - sum(map(_size, (*kept, foot)))
    more = _folded(rows[TOP:], len(news) - TOP, room)
    place = next((index for index, block in enumerate(kept) if block.startswith("<details>")), len(kept))
    if more:
        kept.insert(place, more)
    return "\n".join([*kept, foot])


def refusal(sentence: str, head: str) -> str:
    """The comment when a side does not load or cannot be read: an older one must not stay and look valid."""
    said = f"### Sexton: this change cannot be judged\n\n{code(sentence, 1000)}\n"
    return "\n".join([MARKER, said, f"Nothing is known of what {code(head)} would do.\n"])


def untouched(folder: str) -> str:
    """The comment when what it spoke of has been taken out of the change again."""
    return f"{MARKER}\n### Sexton: this change touches no policy\n\nNothing below {code(folder)} is changed.\n"


def code(text: str, limit: int = NAME) -> str:
    """A name as a code span, also inside a table: without the two signs that could end a span or a cell."""
    shown = clean(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{shown or '-'}`"


def _size(text: str) -> int:
    return len(text.encode()) + 1


def _fitting(blocks: Iterable[str], room: int) -> Iterator[str]:
    for block in blocks:
        if _size(block) <= room:
            room -= _size(block)
            yield block


def _heading(compared: Compared) -> str:
    title = "what this change would do" if compared.base else "what these policies match"
    return f"{MARKER}\n### Sexton: {title}\n\n**{summary(compared)}**\n"


def _needs(compared: Compared) -> Iterator[str]:
    for need in compared.impact.needs:
        yield f"> :warning: **This needs {code(need.role)}**: {clean(need.why)}.\n"


def _teams(compared: Compared) -> str:
    """Who is affected; one team alone is in the rows anyway."""
    affected = [(team, weight) for team, weight in compared.impact.teams.items() if _affected(weight, compared)]
    affected.sort(key=lambda one: (-one[1].monthly_added.known, -one[1].added - one[1].further, one[0]))
    if len(affected) < 2:
        return ""
    heads = ("team", *COUNTS, ">per month")
    return _table(heads, [(code(team), *_counts(weight), at_stake(weight)) for team, weight in affected])


COUNTS = (">newly match", ">go further", ">no longer match", ">newly undecided")


def _counts(weight: Weight) -> tuple[str, ...]:
    return tuple(
        f"{number:,}" if number else "" for number in (weight.added, weight.further, weight.removed, weight.newly_undecided)
    )


def _affected(weight: Weight, compared: Compared) -> bool:
    if compared.base is None:
        return bool(weight.same or weight.undecided)
    return weight.touched


HEADS = ("", "resource", "name", "team", "policy", "as far as", ">per month")


def _resources(rows: Sequence[Row]) -> str:
    return _table(HEADS, [_cells(row) for row in rows], FOLDED) if rows else ""


def _cells(row: Row) -> tuple[str, ...]:
    team = f"{code(row.was_team)} → {code(row.team)}" if row.moved else code(row.team)
    far = f"not known: {', '.join(code(name) for name in row.missing[:5])}" if row.change is Change.UNDECIDED else reach(row)
    price = monthly(row.monthly)
    return effect(row), code(row.key, 150), code(row.name), team, code(row.policy), far, price


def _folded(rest: Sequence[Row], number: int, room: int) -> str:
    """Of the `number` rows after the top ones, as many as fit and as anybody would scroll through."""
    if not rest:
        return ""
    shown: list[Row] = []
    room -= _size(_fold("resources, the next 00,000 of 000,000 more", _table(HEADS, [])))
    for row in rest:
        room -= _size(_line(_cells(row)))
        if room < 0:
            break
        shown.append(row)
    if not shown:
        return ""
    title = f"{number:,} more" if len(shown) == number else f"the next {len(shown):,} of {number:,} more"
    return _fold(f"Resources: {title}", _resources(shown))


def _policies(compared: Compared) -> str:
    """Every policy that is changed or affected, and the other documents that are changed."""
    policies = [one for one in compared.impact.policies if one.change is not Change.SAME or _affected(one.weight, compared)]
    others = [one for one in compared.impact.altered if one.kind != "Reap"]
    if not policies and not others:
        return ""
    rows = [
        (
            f"{code(one.name)}",
            "affected" if one.change is Change.SAME else str(one.change),
            f"{one.weight.before:,}",
            f"{one.weight.same + one.weight.added:,}",
            *_counts(one.weight),
            at_stake(one.weight),
        )
        for one in policies
    ]
    said = [_table(("policy", "document", ">before", ">after", *COUNTS, ">per month"), rows)] if rows else []
    if others:
        said.append(_table(("document", "name", ""), [(one.kind, code(one.name), str(one.change)) for one in others]))
    changed = sum(one.change is not Change.SAME for one in policies) + len(others)
    affected = f"{len(policies):,} {'policy' if len(policies) == 1 else 'policies'} affected"
    return _fold(f"Policies: {count(changed, 'document')} changed, {affected}", *said)


def _limits(compared: Compared) -> str:
    met = compared.impact.limits
    if not met:
        return ""
    rows = [
        (code(one.limit), code(one.scope), *(_amount(one, number) for number in (one.would, one.allowed)), _days(one))
        for one in met
    ]
    heads = ("limit", "of", ">would act", ">a day", ">takes")
    title = f"Limits: {count(len(met), 'limit')} met, {_days(met[0])} at the slowest"
    return _fold(title, _table(heads, rows))


def _amount(met: Met, number: int) -> str:
    return f"${number:,}" if met.limit == "dollars_per_day" else f"{number:,}"


def _days(met: Met) -> str:
    return count(met.days_to_drain, "day")


def _ending(compared: Compared) -> str:
    ending = compared.impact.ending
    if not ending:
        return ""
    rows = [(code(one.name), one.until, f"{one.resources:,}") for one in ending]
    title = f"Exemptions: {len(ending):,} {'ends' if len(ending) == 1 else 'end'} within 30 days"
    return _fold(title, _table(("exemption", "ends", ">resources"), rows))


def _foot(compared: Compared) -> str:
    seen, base = compared.seen, compared.base
    about = f"{_side(base)} → {_side(compared.head)}" if base else _side(compared.head)
    gaps = f", which could not see everything: {count(len(seen.gaps), 'gap')}" if seen.gaps else ""
    return (
        f"\n<sub>Policies {about} on the inventory {code(seen.id[:12])} of {seen.as_of:%Y-%m-%d %H:%M} UTC{gaps}. "
        "Nothing is done to anything before its owner has been told.</sub>\n"
    )


def _side(side: Side) -> str:
    sha = f"{side.sha[:12]}{'+' if side.sha.endswith('+') else ''}"
    return code(side.ref) if side.ref in ("", side.sha) or not sha else f"{code(side.ref)} ({code(sha)})"


def _fold(title: str, *inside: str) -> str:
    """Folded away. The blank lines make Markdown of what is inside."""
    body = "\n".join(inside)
    return f"<details><summary>{title}</summary>\n\n{body}\n</details>\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = LISTED) -> str:
    """A table; a heading that begins with `>` stands to the right. After `most` rows the last says how many are left out."""
    ruler = ["--:" if head.startswith(">") else "---" for head in heads]
    lines = [_line([head.lstrip(">") for head in heads]), _line(ruler)]
    lines.extend(_line(row) for row in rows[:most])
    if len(rows) > most:
        lines.append(_line([f"and {len(rows) - most:,} more", *[""] * (len(heads) - 1)]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
