"""An inventory as columns: what depends on the snapshot alone. What a commit adds to it is in views.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from engine.columns.column import HIDDEN, Cell, Coded, Codes, Column, Floats, Micros, Numbers
from engine.columns.encode import encoded, remapped
from engine.model import Account, Gap, Inventory, KindTable, Resource, Unknown
from engine.money import FREE, Money, billionths

KEY = ("kind", "account", "region", "id", "name")
FIELD, TAG = "field/", "tag/"
TAGS, COST, DOLLARS, AGE, IDLE = "tags", "cost", "monthly_dollars", "age_days", "idle_days"
BORN, START = "born", "start"
NANOS, UNPRICED, UNFREE = "cost_nanos", "cost_unpriced", "cost_unfree"
LINKING, LINKED = "linking", "linked"
AGES, MONEY, LINKS = (BORN, START, AGE), (COST, DOLLARS, NANOS, UNPRICED, UNFREE), (LINKING, LINKED)
ALWAYS = (*KEY, TAGS, IDLE, *AGES, *MONEY, *LINKS)
"""What every set of policies needs. Tags and fields are looked for when a policy first names them."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000
"""Microseconds of a day."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of one snapshot. `column` and `moment` fetch one by its name, from memory or from a file."""

    rows: int
    as_of: datetime
    accounts: Mapping[str, Account]
    fields: frozenset[str]
    """Every field that some resource has."""
    tag_keys: frozenset[str]
    """Every tag key that some resource has."""
    main_facts: Mapping[str, str]
    """Kind -> the fact that `idle_days` was counted from, for every kind that is there."""
    costs: Sequence[Money]
    """The distinct monthly costs; the codes of the column `cost` are places in it."""
    column: Callable[[str], Column]
    """A column by its name: one of KEY, `tags`, `cost`, `monthly_dollars`, `age_days`, `idle_days`, `field/…`, `tag/…`."""
    moment: Callable[[str], Micros]
    """Whole numbers by their name. Moments: `born` (created, else first seen, else `as_of`) and `start`, the later of that and
    first seen. Of each distinct cost: `cost_nanos`, what is known of it in billionths of a dollar, `cost_unpriced`, and
    `cost_unfree`, 0 for what is free. Of each link between two resources, their places: `linking` refers to `linked`."""
    id: str = ""
    commit: str = ""
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def of(cls, inventory: Inventory, kinds: Mapping[str, KindTable]) -> Columns:
        """The columns of an inventory in memory. `kinds` say what `idle_days` counts from."""
        return _Gathered(inventory, kinds).columns()

    @cached_property
    def kinds(self) -> Coded:
        """The column `kind`."""
        return self.coded("kind")

    def coded(self, name: str) -> Coded:
        """A column whose cells are texts."""
        column = self.column(name)
        assert isinstance(column, Coded)
        return column

    def field(self, name: str) -> Column | None:
        """A raw field or piece of evidence; None where no resource has it."""
        return self.column(FIELD + name) if name in self.fields else None

    def tag(self, key: str) -> Coded:
        """A tag. Where no resource has it the column still says whose tags are unknown."""
        return self.coded(TAG + key) if key in self.tag_keys else self.coded(TAGS)

    def key_of(self, row: int) -> str:
        """The key text of a resource."""
        return "/".join(str(column.cells[column.codes[row]]) for column in map(self.coded, KEY[:4]))


def days(micros: Micros) -> Floats:
    """Microseconds in days, rounded as Python rounds the quotient of two timedeltas."""
    if len(micros) and int(np.abs(micros).max()) > 1 << 53:
        return np.array([int(one) / DAY for one in micros], np.float64)
    return micros / np.float64(DAY)


def micros_of(moment: datetime) -> int:
    """A moment (aware) in microseconds."""
    return (moment - EPOCH) // MICROSECOND


def dollars_of(codes: Codes, costs: Sequence[Money]) -> Column:
    """The column `monthly_dollars` from that of costs."""
    return remapped(codes, [float(cost.known) if cost.is_known else HIDDEN for cost in costs])


def amounts_of(costs: Sequence[Money]) -> dict[str, Micros]:
    """Costs as whole numbers, which add up without a loss."""
    return {
        NANOS: np.array([billionths(cost) for cost in costs], np.int64),
        UNPRICED: np.array([cost.unpriced for cost in costs], np.int64),
        UNFREE: np.array([not cost.free for cost in costs], np.int64),
    }


def cost_order(cost: Money) -> tuple[bool, Decimal, int, str, bool]:
    """How distinct costs are sorted: by what is known, those with an unknown part last."""
    return not cost.is_known, cost.known, cost.unpriced, cost.why, cost.free


class _Gathered:
    """Reads each column off the resources once, when it is asked for."""

    def __init__(self, inventory: Inventory, kinds: Mapping[str, KindTable]) -> None:
        self.inventory = inventory
        self.kinds = kinds
        self.facts = {
            name: table.main_fact if (table := kinds.get(name)) else ""
            for name in sorted({one.key.kind for one in inventory.resources})
        }
        self.found: dict[str, Column] = {}
        self.moments: dict[str, Micros] = {}

    def columns(self) -> Columns:
        resources = self.inventory.resources
        costs = tuple(sorted({one.monthly_cost for one in resources} or {FREE}, key=cost_order))
        places = {cost: place for place, cost in enumerate(costs)}
        codes = np.array([places[one.monthly_cost] for one in resources], np.uint32)
        self.found[COST] = Coded(codes, range(len(costs)), unknown=False)
        self.found[DOLLARS] = dollars_of(codes, costs)
        self.moments |= amounts_of(costs)
        return Columns(
            rows=len(resources),
            as_of=self.inventory.as_of,
            accounts={account.id: account for account in self.inventory.accounts},
            fields=frozenset(name for one in resources for name in one.fields),
            tag_keys=frozenset(key for one in resources if not isinstance(one.tags, Unknown) for key in one.tags),
            main_facts=self.facts,
            costs=costs,
            column=self.column,
            moment=self.moment,
            id=self.inventory.id,
            commit=self.inventory.commit,
            gaps=self.inventory.gaps,
        )

    def column(self, name: str) -> Column:
        if name not in self.found:
            self.found[name] = self.days_column(name) if name in (AGE, IDLE) else encoded(list(self.cells(name)))
        return self.found[name]

    def cells(self, name: str) -> Iterable[Cell]:
        resources = self.inventory.resources
        if name in KEY:
            return (one.name if name == "name" else getattr(one.key, name) for one in resources)
        if name == TAGS:
            return (HIDDEN if isinstance(one.tags, Unknown) else None for one in resources)
        if name.startswith(TAG):
            key = name.removeprefix(TAG)
            return (HIDDEN if isinstance(one.tags, Unknown) else one.tags.get(key) for one in resources)
        field = name.removeprefix(FIELD)
        return (one.fields.get(field) for one in resources)

    def days_column(self, name: str) -> Numbers:
        now = self.inventory.as_of
        if name == AGE:
            return Numbers(days(micros_of(now) - self.moment(BORN)), whole=True)
        facts = ((one, self.facts[one.key.kind]) for one in self.inventory.resources)
        since = [one.since.get(fact) if fact else None for one, fact in facts]
        values = np.array([np.nan if at is None else (now - at) / timedelta(days=1) for at in since], np.float64)
        return Numbers(values)

    def moment(self, name: str) -> Micros:
        if name in LINKS and name not in self.moments:
            links = np.array(list(self.links()), np.int64).reshape(-1, 2)
            self.moments |= {LINKING: links[:, 0], LINKED: links[:, 1]}
        if name not in self.moments:
            read = _born if name == BORN else _start
            moments = (micros_of(read(one, self.inventory.as_of)) for one in self.inventory.resources)
            self.moments[name] = np.fromiter(moments, np.int64, len(self.inventory.resources))
        return self.moments[name]

    def links(self) -> Iterator[tuple[int, int]]:
        """What refers to what, of those that are here."""
        places: dict[str, list[int]] = {}
        for place, one in enumerate(self.inventory.resources):
            places.setdefault(one.key.ref, []).append(place)
        for place, one in enumerate(self.inventory.resources):
            table = self.kinds.get(one.key.kind)
            for key in table.links(one) if table else ():
                yield from ((place, other) for other in places.get(key.ref, ()))


def _born(resource: Resource, as_of: datetime) -> datetime:
    return resource.created or resource.since.get("seen", as_of)


def _start(resource: Resource, as_of: datetime) -> datetime:
    born = _born(resource, as_of)
    return max(born, resource.since.get("seen", born))
