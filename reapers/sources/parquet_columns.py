"""Columns out of a snapshot's resources.parquet: DuckDB reads and sorts, an ENUM or a sort gives the codes, Python sees each
distinct value once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.columns import inventory as of
from engine.columns.column import ABSENT, FIRST, HIDDEN, UNKNOWN, Cell, Coded, Codes, Column, Mask, Micros, Numbers, narrow
from engine.columns.encode import MANY, remapped
from engine.columns.inventory import amounts_of, cost_order, days, dollars_of
from engine.model import KindTable
from engine.money import FREE, Money
from reapers.sources.parquet import literal
from reapers.sources.rows import Row, exact_of, linking_of, money_of

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 8
"""Keys that are read out of a column of JSON in one pass: reading it is most of the work, keeping the values takes memory."""

COSTS = "costs"
"""Not a column of resources: the texts of the distinct costs, in the order of the codes of `cost`."""

LINKING = ("kind", "account", "region", "id", "born", "name", "tags", "fields", "unknown")
"""What `linking_of` takes."""

SOME = 4096
"""Resources that are values of Python at the same time."""

Rows = dict[str, Any]


class ParquetColumns:
    """The columns of one file. `as_of` is in microseconds; the tables of kinds say what idles and what refers to what."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, as_of: int, tables: Mapping[str, KindTable]) -> None:
        self.connection = connection
        self.as_of = as_of
        self.tables = tables
        connection.execute(f"CREATE TEMP VIEW snapshot AS SELECT * FROM read_parquet({_quoted(literal(path))})")
        self.rows = int(self._one("SELECT count(*) FROM snapshot"))

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """What `idle_days` counts from, of every kind that there is."""
        kinds = self._texts("SELECT DISTINCT kind FROM snapshot ORDER BY 1")
        return facts_of(kinds, self.tables)

    def tag_keys(self) -> list[str]:
        """Every tag key."""
        return self._texts("SELECT DISTINCT unnest(json_keys(tags)) FROM snapshot ORDER BY 1")

    def fields(self) -> list[str]:
        """Every field that is known or unknown somewhere."""
        known = self._texts("SELECT DISTINCT unnest(json_keys(fields)) FROM snapshot")
        unknown = self._texts("SELECT DISTINCT unnest(json_keys(u)) FROM (SELECT DISTINCT unknown AS u FROM snapshot)")
        return sorted({*known, *unknown} - {"tags"})

    def costs(self) -> tuple[tuple[Money, ...], Codes]:
        """The distinct monthly costs, and whose is which."""
        texts = self._coded("SELECT monthly_cost AS v0 FROM snapshot")
        money = [money_of(json.loads(str(cell))) for cell in texts.cells[FIRST:]]
        costs = tuple(sorted(set(money) or {FREE}, key=cost_order))
        places = {cost: place for place, cost in enumerate(costs)}
        change = np.array([0, 0, *(places[one] for one in money)], narrow(len(costs)))
        return costs, change[texts.codes]

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Column | Micros]]:
        """Some columns by their names, in as few passes as may be."""
        tags = [name for name in names if name.startswith(of.TAG)]
        fields = [name for name in names if name.startswith(of.FIELD)]
        for start in range(0, len(tags), AT_ONCE):
            yield from self._tags(tags[start : start + AT_ONCE])
        for start in range(0, len(fields), AT_ONCE):
            yield from self._fields(fields[start : start + AT_ONCE])
        if set(of.AGES) & set(names):
            yield from self._ages()
        if set(of.LINKS) & set(names):
            yield from self._links()
        for name in names:
            if name in of.KEY:
                yield name, self._coded(f'SELECT "{name}" AS v0 FROM snapshot')
            elif name == of.TAGS:
                yield name, self._hidden()
            elif name == of.IDLE:
                yield name, self._idle()
        if {COSTS, *of.MONEY} & set(names):
            yield from self._money()

    # --- tags and fields ------------------------------------------------------------------------------------------------

    def _tags(self, names: Sequence[str]) -> Iterator[tuple[str, Coded]]:
        self._extract("json_extract_string(tags, ?::VARCHAR[])", [name.removeprefix(of.TAG) for name in names])
        hidden = self._numpy("SELECT tags IS NULL AS v FROM snapshot")["v"].astype(np.bool_)
        for place, name in enumerate(names):
            column = self._coded(f"SELECT v{place} AS v0 FROM extracted")
            codes = column.codes.copy()
            codes[hidden] = UNKNOWN
            yield name, Coded(codes, column.cells, ordered=True, unknown=bool(hidden.any()))

    def _fields(self, names: Sequence[str]) -> Iterator[tuple[str, Column]]:
        keys = [name.removeprefix(of.FIELD) for name in names]
        self._extract("json_extract(fields, ?::VARCHAR[])", keys)
        whys = self._coded("SELECT unknown AS v0 FROM snapshot")
        reasons = [json.loads(str(cell)) if isinstance(cell, str) else {} for cell in whys.cells]
        for place, (name, key) in enumerate(zip(names, keys, strict=True)):
            hidden = np.array([key in reason for reason in reasons], np.bool_)[whys.codes]
            yield name, self._field(self._coded(f"SELECT v{place}::VARCHAR AS v0 FROM extracted"), hidden)

    def _field(self, texts: Coded, hidden: Mask) -> Column:
        """JSON texts as values: `3` and `3.0` are one, and numbers are sorted as numbers."""
        cells: list[Cell] = [None, HIDDEN, *(json.loads(str(text)) for text in texts.cells[FIRST:])]
        codes = texts.codes
        codes[hidden] = UNKNOWN
        return remapped(codes, cells)

    def _extract(self, what: str, keys: Sequence[str]) -> None:
        """A table of the values of some keys of a JSON object, read in one pass. JSON pointers: `~` and `/` are escaped."""
        pointers = ["/" + key.replace("~", "~0").replace("/", "~1") for key in keys]
        spread = ", ".join(f"found[{place + 1}] AS v{place}" for place in range(len(keys)))
        inner = f"SELECT {what} AS found FROM snapshot"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE extracted AS SELECT {spread} FROM ({inner})", [pointers])

    # --- texts ----------------------------------------------------------------------------------------------------------

    def _coded(self, query: str) -> Coded:
        """A column of texts, `v0`: an ENUM where there are few distinct ones, one sort where there are many."""
        distinct = int(self._one(f"SELECT count(DISTINCT v0) FROM ({query})"))
        return self._sorted(query) if distinct > MANY else self._enumerated(query)

    def _enumerated(self, query: str) -> Coded:
        distinct = f"SELECT DISTINCT v0 FROM ({query}) WHERE v0 IS NOT NULL ORDER BY 1"
        values = self._texts(distinct)
        if not values:
            return Coded(np.zeros(self.rows, np.uint8), (None, HIDDEN), ordered=True, unknown=False)
        self.connection.execute("DROP TYPE IF EXISTS distinct_texts")
        self.connection.execute(f"CREATE TYPE distinct_texts AS ENUM ({distinct})")
        width = narrow(FIRST + len(values))
        code = f"coalesce(enum_code(v0::distinct_texts)::UINTEGER + {FIRST}, {ABSENT})"
        codes = self._numpy(f"SELECT {code} AS v FROM ({query})")["v"].astype(width)
        return Coded(codes, (None, HIDDEN, *values), ordered=True, unknown=False)

    def _sorted(self, query: str) -> Coded:
        numbered = f"SELECT v0, row_number() OVER () - 1 AS place FROM ({query})"
        compared = "CASE WHEN v0 IS NULL THEN NULL ELSE (v0 IS DISTINCT FROM lag(v0) OVER (ORDER BY v0, place))::INTEGER END"
        found = self._numpy(f"SELECT place, v0, {compared} AS new FROM ({numbered}) WHERE v0 IS NOT NULL ORDER BY v0, place")
        new = found["new"].astype(np.bool_)
        codes: Codes = np.zeros(self.rows, np.uint32)
        codes[found["place"].astype(np.int64)] = np.cumsum(new, dtype=np.uint32) + np.uint32(FIRST - 1)
        return Coded(codes, (None, HIDDEN, *found["v0"][new].tolist()), ordered=True, unknown=False)

    # --- the rest -------------------------------------------------------------------------------------------------------

    def _hidden(self) -> Coded:
        """Whose tags are unknown."""
        hidden = self._numpy("SELECT tags IS NULL AS v FROM snapshot")["v"].astype(np.bool_)
        return Coded(hidden.astype(np.uint8), (None, HIDDEN), ordered=True, unknown=bool(hidden.any()))

    def _ages(self) -> Iterator[tuple[str, Column | Micros]]:
        seen = "epoch_us(json_extract_string(since, '/seen')::TIMESTAMPTZ)"
        born = f"coalesce(epoch_us(created), {seen}, {self.as_of})"
        found = self._numpy(f"SELECT {born} AS born, greatest({born}, coalesce({seen}, {born})) AS start FROM snapshot")
        moments = {name: found[name].astype(np.int64) for name in (of.BORN, of.START)}
        yield from moments.items()
        yield of.AGE, Numbers(days(self.as_of - moments[of.BORN]), whole=True)

    def _idle(self) -> Numbers:
        cases = " ".join(f"WHEN {_quoted(kind)} THEN {_quoted('/' + fact)}" for kind, fact in self.facts.items() if fact)
        if not cases:
            return Numbers(np.full(self.rows, np.nan))
        since = f"epoch_us(json_extract_string(since, CASE kind {cases} END)::TIMESTAMPTZ)"
        found = np.ma.asarray(self._numpy(f"SELECT {since} AS v FROM snapshot")["v"])
        values = np.full(self.rows, np.nan)
        known = ~np.ma.getmaskarray(found)
        values[known] = days(self.as_of - found.data[known].astype(np.int64))
        return Numbers(values)

    def _links(self) -> Iterator[tuple[str, Micros]]:
        """The kinds say what a resource refers to, DuckDB finds its place. A few resources at a time: memory stays small."""
        self.connection.execute("CREATE OR REPLACE TABLE links (place BIGINT, kind TEXT, account TEXT, region TEXT, id TEXT)")
        numbered = "SELECT *, row_number() OVER () - 1 AS place FROM snapshot"
        adding = self.connection.cursor()
        reading = self.connection.execute(f"SELECT place, {', '.join(LINKING)} FROM ({numbered})")
        while rows := reading.fetchmany(SOME):
            found = [(place, *key) for place, *row in rows for key in self._linked(tuple(row))]
            if found:
                spread = "SELECT unnest(?::BIGINT[]), unnest(?::TEXT[]), unnest(?::TEXT[]), unnest(?::TEXT[]), unnest(?::TEXT[])"
                adding.execute(f"INSERT INTO links {spread}", [list(part) for part in zip(*found, strict=True)])
        query = f"SELECT links.place AS linking, there.place AS linked FROM links JOIN ({numbered}) AS there"
        pairs = self._numpy(f"{query} USING (kind, account, region, id) ORDER BY 1, 2")
        yield from ((name, pairs[name].astype(np.int64)) for name in of.LINKS)

    def _linked(self, row: Row) -> Iterator[tuple[str, ...]]:
        """What a resource refers to, where anything of that kind is here."""
        table = self.tables.get(row[0])
        for key in table.links(linking_of(row)) if table else ():
            if key.kind in self.facts:
                yield key.kind, key.account, key.region, key.id

    def _money(self) -> Iterator[tuple[str, Column | Micros]]:
        costs, codes = self.costs()
        yield from amounts_of(costs).items()
        yield of.COST, Coded(codes, range(len(costs)), unknown=False)
        yield COSTS, Coded(np.zeros(0, np.uint8), (None, HIDDEN, *map(exact_of, costs)), ordered=True, unknown=False)
        yield of.DOLLARS, dollars_of(codes, costs)

    def _numpy(self, query: str) -> Rows:
        return dict(self.connection.execute(query).fetchnumpy())

    def _texts(self, query: str) -> list[str]:
        return [text for (text,) in self.connection.execute(query).fetchall() if text is not None]

    def _one(self, query: str) -> Any:
        ((found,),) = self.connection.execute(query).fetchall()
        return found


def facts_of(kinds: Iterable[str], tables: Mapping[str, KindTable]) -> dict[str, str]:
    """What `idle_days` counts from, by kind; empty where it counts from nothing."""
    return {kind: tables[kind].main_fact if kind in tables else "" for kind in kinds}


def _quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
