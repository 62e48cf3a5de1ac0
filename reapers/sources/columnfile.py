"""One column in one file: a line of JSON, then the arrays as they lie in memory, so that opening is mapping and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from engine.columns.column import FIRST, HIDDEN, Cell, Coded, Column, Numbers

ALIGNED = 64
"""Bytes: where arrays may begin. A line of the processor's cache."""

INLINE = 4096
"""Up to so many cells stand in the first line; longer dictionaries of texts are decoded text by text, when somebody looks."""

Array = NDArray[Any]


class Torn(Exception):
    """A file that is not what was written. Columns can be made anew at any time."""


class Texts(Sequence[Cell]):
    """The cells of an ordered column of texts, read and decoded when they are asked for.

    They are read, not mapped: the kernel maps up to two megabytes around each text that somebody touches.
    """

    def __init__(self, path: Path, ends: Array, start: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        finalize(self, os.close, self._file)
        self._sort = ends.dtype
        self._number = len(ends)
        self._start = start
        self._ends = start - _whole(ends.nbytes)

    def __len__(self) -> int:
        return FIRST + self._number

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        if at < FIRST:
            return (None, HIDDEN)[at]
        first = max(at - FIRST - 1, 0)
        *before, end = self._read_ends(first, at - FIRST + 1)
        start = before[0] if before else 0
        return os.pread(self._file, end - start, self._start + start).decode()

    def __iter__(self) -> Iterator[Cell]:
        yield from (None, HIDDEN)
        ends = self._read_ends(0, self._number)
        blob, start = os.pread(self._file, ends[-1] if ends else 0, self._start), 0
        for end in ends:
            yield blob[start:end].decode()
            start = end

    def _read_ends(self, first: int, last: int) -> list[int]:
        size = self._sort.itemsize
        read = os.pread(self._file, (last - first) * size, self._ends + first * size)
        ends: list[int] = np.frombuffer(read, self._sort).tolist()
        return ends


def save(column: Column | Array, path: Path) -> None:
    """Write a column, or an array of moments; whoever reads the path meanwhile sees the old file or the new one."""
    arrays: list[Array]
    said: dict[str, Any]
    if isinstance(column, Coded):
        said, arrays = _coded(column)
    elif isinstance(column, Numbers):
        said = {"sort": "numbers", "whole": column.whole, "unknown": column.unknown is not None}
        arrays = [column.values, *([] if column.unknown is None else [column.unknown])]
    else:
        said, arrays = {"sort": "moments"}, [column]
    said["arrays"] = [[array.dtype.str, len(array)] for array in arrays]
    beside = path.with_name(f".{uuid4().hex}")
    try:
        with beside.open("wb") as file:
            file.write(_padded(json.dumps(said, ensure_ascii=False).encode() + b"\n", b" "))
            for array in arrays:
                file.write(_padded(np.ascontiguousarray(array).tobytes(), b"\0"))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _coded(column: Coded) -> tuple[dict[str, Any], list[Array]]:
    said = {"sort": "coded", "ordered": column.ordered, "unknown": column.unknown}
    if isinstance(column.cells, range):
        return {**said, "places": len(column.cells)}, [column.codes]
    if len(column.cells) <= INLINE or not (column.ordered and isinstance(column.cells[FIRST], str)):
        marked = [[] if cell is None else [0] if cell is HIDDEN else cell for cell in column.cells]
        return {**said, "cells": marked}, [column.codes]
    texts = [str(cell).encode() for cell in column.cells[FIRST:]]
    ends = np.cumsum([len(text) for text in texts], dtype=np.uint64)
    small = ends.astype(np.uint32) if len(ends) and ends[-1] < 1 << 32 else ends
    return said, [column.codes, small, np.frombuffer(b"".join(texts), np.uint8)]


def _whole(size: int) -> int:
    """Bytes with what is filled up after them."""
    return size + -size % ALIGNED


def _padded(content: bytes, filler: bytes) -> bytes:
    """The first line is padded before its end."""
    lacking = -len(content) % ALIGNED
    return content[:-1] + filler * lacking + content[-1:] if filler == b" " else content + filler * lacking


def load(path: Path) -> Column | Array:
    """Map a file. Torn where it is not whole; OSError where it cannot be read."""
    try:
        mapped = np.memmap(path, np.uint8, "r")
        start = _first_line(mapped)
        said = json.loads(mapped[:start].tobytes())
        arrays = list(_arrays(mapped, start, said["arrays"]))
        return _column(said, arrays, path)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Torn(f"{path}: {error}") from error


def _first_line(mapped: Array) -> int:
    for size in (ALIGNED * 16, ALIGNED * 1024, len(mapped)):
        end = mapped[:size].tobytes().find(b"\n")
        if end >= 0:
            return end + 1
    raise ValueError("it has no first line")


def _arrays(mapped: Array, start: int, wanted: Sequence[Sequence[Any]]) -> Iterator[Array]:
    for dtype, length in wanted:
        size = np.dtype(dtype).itemsize * length
        if start + size > len(mapped):
            raise ValueError("it was cut off")
        yield np.asarray(mapped[start : start + size]).view(dtype)
        start += _whole(size)


def _column(said: Mapping[str, Any], arrays: Sequence[Array], path: Path) -> Column | Array:
    match said["sort"]:
        case "coded":
            cells: Sequence[Cell]
            if "places" in said:
                cells = range(said["places"])
            elif "cells" in said:
                cells = tuple(None if cell == [] else HIDDEN if cell == [0] else cell for cell in said["cells"])
            else:
                cells = Texts(path, arrays[1], path.stat().st_size - _whole(len(arrays[2])))
            return Coded(arrays[0], cells, ordered=said["ordered"], unknown=said["unknown"])
        case "numbers":
            return Numbers(arrays[0], arrays[1] if said["unknown"] else None, whole=said["whole"])
        case _:
            return arrays[0]
