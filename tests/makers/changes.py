"""An estate of volumes and changes of the policies over it, for tests of what a change would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from api.judging import context_of
from engine.impact import Compared, Seen, Side, impact
from engine.judge import judge_all
from engine.load import load
from engine.matches import Judged
from engine.model import Account, Gap, Inventory, Resource, Unknown
from engine.money import Money
from engine.policy import PolicySet
from makers.doors import FILES, KEY, NOW
from reapers.kind import tables

OLDER = FILES["ebs.yaml"]
LARGER = OLDER.replace("state == 'available'", "state == 'available', size_gb > 100")
"""A narrower condition: only large volumes."""

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "@acme/platform please look",
    "https://evil.example/x",
    "[click](https://evil.example)",
    "a|b` <b>bold</b> `c",
    "```\n# heading",
    "#123 and fix GH-7",
    "</details><script>alert(1)</script>",
    "<!-- sexton:plan -->",
    "\u202egnp.exe",
    "$\\alpha$ and $`x`$",
    "::error file=x::forged",
    "\x1b[31mred\x1b[0m",
    "![p](https://evil.example/pixel.png)",
    "back\\",
    "**bold** _it_ ~~no~~",
    "&lt;b&gt; &#64;team",
    "|",
    "`",
    "",
)
"""Names that a resource can have, and what each would do if it were believed."""


def volume(number: int, size: int = 10, **more: object) -> Resource:
    """A volume of payments that is attached to nothing; it costs a dollar a gigabyte."""
    made = Resource(
        key=replace(KEY, id=f"vol-{number}"),
        name=f"data-{number}",
        created=NOW - timedelta(days=400),
        tags={"owner": "payments"},
        fields={"state": "available", "size_gb": size, "in_use": False},
        seen_at=NOW,
        monthly_cost=Money.of(size),
        since={"seen": NOW - timedelta(days=400), "detached": NOW - timedelta(days=40)},
    )
    return replace(made, **more)  # type: ignore[arg-type]  # by name


def estate(*resources: Resource, gaps: tuple[Gap, ...] = ()) -> Inventory:
    """What a scan saw."""
    return Inventory(id="a" * 64, as_of=NOW, resources=resources, gaps=gaps, accounts=(Account("aws", KEY.account),))


FOUR = estate(
    volume(1),
    volume(2, 500),
    volume(3, 200, monthly_cost=Money.unknown("no list price for gp9 in <eu>")),
    volume(4, 300, tags=Unknown("denied")),
)
"""A small one, a large one, one without a price, one with unreadable tags."""


def under(inventory: Inventory = FOUR, /, **files: str | None) -> Judged:
    """An inventory under FILES with other documents: `ebs=None` leaves one out, `new="…"` adds one."""
    texts = {**FILES, **{f"{name}.yaml": text for name, text in files.items()}}
    loaded = load({name: text for name, text in texts.items() if text}, tables())
    assert loaded.policies, loaded.problems
    return judged(loaded.policies, inventory)


def judged(policies: PolicySet, inventory: Inventory) -> Judged:
    """Every verdict of a set of policies, resource by resource."""
    return Judged(policies=policies, judgements=judge_all(inventory, context_of(policies, inventory)))


def compared(base: Judged | None, head: Judged, inventory: Inventory = FOUR, ref: str = "feature") -> Compared:
    """Two sides on an inventory, as the commands compare them."""
    return Compared(
        impact=impact(base, head, NOW),
        base=Side(ref="main", sha="a" * 40) if base else None,
        head=Side(ref=ref, sha="b" * 40),
        seen=Seen.of(inventory),
    )


def organization(**changes: str) -> str:
    """FILES' Organization with other keys: `mode="notify"` for its account, anything else as a line of its spec."""
    text = FILES["organization.yaml"]
    mode = changes.pop("mode", "delete")
    text = text.replace("mode: delete", f"mode: {mode}")
    return text + "".join(f"  {name}: {value}\n" for name, value in changes.items())
