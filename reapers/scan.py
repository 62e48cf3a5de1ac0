"""One scan: every list of every account read once, however many policies use it. What cannot be read becomes a gap."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime

from engine.model import EVERYWHERE, Account, CellRead, Gap, Inventory, Outcome, Resource, Role
from engine.money import PriceBook
from engine.view import Context
from reapers.clouds.cloud import Cloud, Unreachable
from reapers.kind import Cell, Kind, Partial, Scope
from reapers.reading import Reader, finish, with_history
from reapers.sources.states import States

log = logging.getLogger(__name__)

THREADS = 16
"""Cells read at once. One process reaches some 800 calls a second at 64 threads; AWS throttles well before that."""


@dataclass(frozen=True, slots=True)
class Step:
    """Progress for a person: cells read so far, of how many, and the newest one."""

    done: int
    of: int
    cell: CellRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to scan and with what in mind. Without a context (no policies) only free evidence is read."""

    clouds: Sequence[Cloud]
    kinds: Mapping[str, Kind]
    prices: PriceBook
    previous: Inventory | None = None
    context: Callable[[Mapping[str, Account]], Context] | None = None
    progress: Callable[[Step], None] = lambda step: None
    states: States = field(default_factory=States)
    """What Terraform's state files say."""
    pursued: frozenset[str] = frozenset()
    """The key texts of what we stopped: no policy matches it any more, and its protections must be known all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One list to read."""

    cloud: Cloud
    kind: Kind
    account: Account
    region: str


@dataclass(slots=True)
class Harvest:
    """What has come in so far."""

    accounts: list[Account] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    cells: list[CellRead] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def scan(request: Request, now: datetime) -> Inventory:
    """The estate at `now`. Unreachable when no cloud answers at all; everything smaller is a gap in the inventory."""
    harvest = Harvest()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="scan") as pool:
        tasks = list(_tasks(request, harvest))
        _read_all(pool, tasks, request, harvest, now)
    context = _context(request, harvest)
    return Inventory(
        id="",
        as_of=now,
        resources=tuple(sorted(harvest.resources, key=lambda resource: resource.key)),
        cells=tuple(sorted(harvest.cells, key=lambda cell: (cell.kind, cell.account, cell.region))),
        gaps=tuple(sorted(harvest.gaps, key=lambda gap: (gap.kind, gap.account, gap.region))),
        accounts=tuple(harvest.accounts),
        commit=context.policies.commit if context else "",
    )


def _context(request: Request, harvest: Harvest) -> Context | None:
    return request.context({account.id: account for account in harvest.accounts}) if request.context else None


def _tasks(request: Request, harvest: Harvest) -> Iterator[Task]:
    """Every cell of every cloud that answers. A cloud that does not is a gap over all its kinds, unless none does."""
    refused: list[Unreachable] = []
    for cloud in request.clouds:
        mine = [kind for kind in request.kinds.values() if kind.cloud == cloud.name]
        try:
            accounts = cloud.accounts()
        except Unreachable as error:
            refused.append(error)
            harvest.gaps += [Gap(kind.name, EVERYWHERE, EVERYWHERE, str(error)) for kind in mine]
            continue
        harvest.accounts += accounts
        for account in accounts:
            yield from _of_account(cloud, account, mine, harvest)
    if refused and len(refused) == len(request.clouds):
        raise Unreachable(" ".join(str(error) for error in refused))


def _of_account(cloud: Cloud, account: Account, kinds: Iterable[Kind], harvest: Harvest) -> Iterator[Task]:
    try:
        regions = cloud.regions(account.id)
    except Exception as error:  # noqa: BLE001 - what the cloud's client raises is told apart below
        outcome, why = _explain(cloud, error)
        harvest.gaps += [Gap(kind.name, account.id, EVERYWHERE, why) for kind in kinds]
        harvest.cells += [CellRead(kind.name, account.id, EVERYWHERE, outcome, why=why) for kind in kinds]
        return
    whole = "global" if cloud.name == "aws" else EVERYWHERE
    for kind in kinds:
        for region in regions if kind.scope is Scope.REGION else (whole,):
            yield Task(cloud=cloud, kind=kind, account=account, region=region)


def _read_all(pool: Executor, tasks: Sequence[Task], request: Request, harvest: Harvest, now: datetime) -> None:
    context = _context(request, harvest)
    futures = [pool.submit(_read, task, request, context, now) for task in tasks]
    for done, future in enumerate(as_completed(futures), start=1):
        resources, cell, gaps = future.result()
        harvest.resources += resources
        harvest.cells.append(cell)
        harvest.gaps += gaps
        request.progress(Step(done, len(tasks), cell))


def _read(
    task: Task, request: Request, context: Context | None, now: datetime
) -> tuple[Sequence[Resource], CellRead, Sequence[Gap]]:
    """One cell to its end. Whatever goes wrong is a gap, and half a list is no list."""
    found: list[Resource] = []
    try:
        cell = task.cloud.cell(task.account.id, task.region, Role.SCAN, now)
        gaps = _list(task, cell, request, found)
        judged = _with_evidence(task, cell, request, with_history(found, request.previous, request.kinds, now), context)
    except Exception as error:  # noqa: BLE001 - what the cloud's client raises is told apart below
        outcome, why = _explain(task.cloud, error)
        gap = Gap(task.kind.name, task.account.id, EVERYWHERE if task.region == "global" else task.region, why)
        return (), CellRead(task.kind.name, task.account.id, task.region, outcome, why=why), [gap]
    outcome = Outcome.ERROR if gaps else Outcome.OK if found else Outcome.EMPTY
    return judged, CellRead(task.kind.name, task.account.id, task.region, outcome, why="; ".join(gap.why for gap in gaps)), gaps


def _list(task: Task, cell: Cell, request: Request, found: list[Resource]) -> Sequence[Gap]:
    try:
        found.extend(request.states.told(finish(task.kind, resource, request.prices)) for resource in task.kind.list(cell))
    except Partial as partial:
        return partial.gaps
    return ()


def _with_evidence(
    task: Task, cell: Cell, request: Request, resources: Sequence[Resource], context: Context | None
) -> Sequence[Resource]:
    reader = Reader(kind=task.kind, cell=cell, cloud=task.cloud, prices=request.prices, pursued=request.pursued)
    return reader.complete(resources, context)


def _explain(cloud: Cloud, error: Exception) -> tuple[Outcome, str]:
    """An error as an outcome and a sentence. A fault of ours must not hide other cells: it is logged and becomes a gap."""
    told = cloud.outcome(error)
    if told is None:
        log.error("a cell could not be read because of a fault in Sexton", exc_info=error)
        return Outcome.ERROR, f"a fault in Sexton ({type(error).__name__}); see the log"
    return told
