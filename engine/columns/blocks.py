"""Evaluation: blocks of resources that stay in the processor's cache, each node at most once for a block, and only if needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.columns.column import Mask
from engine.columns.graph import Graph, Join, Node, Opposite
from engine.columns.vector import At

BLOCK = 1 << 18
"""Resources of a block. Packed, a truth for each of them is 32 kB: dozens fit into the second level of a cache, and the time
that Python takes for each step is spread over many."""

WORD = 64
"""Truths that one operation joins with others."""

Bits = NDArray[np.uint8]
"""A truth for each resource, eight to a byte, the first in the lowest bit."""

Words = NDArray[np.uint64]
"""The same, eight bytes at a time; those beyond the last resource are false."""


def bitmaps(graph: Graph, nodes: Sequence[Node], rows: int) -> list[Bits]:
    """The truths of some nodes for all resources."""
    found = [np.zeros(-(-rows // WORD), np.uint64) for _ in nodes]
    for start in range(0, rows, BLOCK):
        block = Block(graph, slice(start, min(start + BLOCK, rows)), min(BLOCK, rows - start))
        first = start // WORD
        for node, words in zip(nodes, found, strict=True):
            truths = block.truths(node)
            if truths is not None:
                words[first : first + len(truths)] = truths
    return [words.view(np.uint8)[: (rows + 7) // 8] for words in found]


def mask_of(bits: Bits, rows: int) -> Mask:
    """A bitmap as truths."""
    return np.unpackbits(bits, count=rows, bitorder="little").view(np.bool_)


def rows_of(bits: Bits) -> NDArray[np.int64]:
    """The places of the resources for which it is true, ascending. Bytes without a truth cost next to nothing."""
    bytes_ = np.flatnonzero(bits)
    places = np.flatnonzero(np.unpackbits(bits[bytes_], bitorder="little").view(np.bool_))
    return np.asarray((bytes_[places >> 3] << 3) + (places & 7), np.int64)


def bits_of(rows: NDArray[np.int64], size: int) -> Bits:
    """Places as a bitmap of so many bytes."""
    bits = np.zeros(size, np.uint8)
    np.bitwise_or.at(bits, rows >> 3, np.left_shift(1, rows & 7).astype(np.uint8))
    return bits


def count(bits: Bits) -> int:
    """How many resources it is true for."""
    whole = len(bits) & -8
    words, rest = bits[:whole].view(np.uint64), bits[whole:]
    return int(np.bitwise_count(words).sum(dtype=np.int64)) + int(np.bitwise_count(rest).sum(dtype=np.int64))


def is_any(bits: Bits | Words) -> bool:
    """Whether it is true for anybody."""
    return bool(bits.view(np.bool_).any())  # as truths: numpy stops at the first


def pieces(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Places, a block at a time."""
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]


class Block:
    """Some resources, and the nodes that were evaluated for them. None is a node that is true for none of them."""

    def __init__(self, graph: Graph, at: At, size: int) -> None:
        self.nodes = graph.nodes
        self.at = at
        self.size = size
        self.everybody = self._packed(np.ones(size, np.bool_))
        self.known: dict[Node, Words | None] = {0: None, 1: self.everybody}

    def mask(self, node: Node) -> Mask:
        """The truth of a node for each of them."""
        truths = self.truths(node)
        return np.zeros(self.size, np.bool_) if truths is None else self.mask_of(truths)

    def mask_of(self, words: Words) -> Mask:
        """Packed truths as truths."""
        return mask_of(words.view(np.uint8), self.size)

    def truths(self, node: Node) -> Words | None:
        """The truth of a node for each of them; None where it is true for none. Not to be changed."""
        if node not in self.known:
            self.known[node] = self._run(node)
        return self.known[node]

    def _run(self, node: Node) -> Words | None:
        op = self.nodes[node]
        if isinstance(op, Join):
            return self._every(op.parts) if op.every else self._some(op.parts)
        if isinstance(op, Opposite):
            part = self.truths(op.part)
            return self.everybody if part is None else _some_of(part ^ self.everybody)
        return _some_of(self._packed(op.run(self.at)))

    def _packed(self, mask: Mask) -> Words:
        bits = np.packbits(mask, bitorder="little")
        size = -(-self.size // WORD) * 8
        if len(bits) < size:
            bits = np.concatenate([bits, np.zeros(size - len(bits), np.uint8)])
        return bits.view(np.uint64)

    def _every(self, parts: Sequence[Node]) -> Words | None:
        """Ends where nobody is left: a block of one kind costs nothing under the policies of all others."""
        result: Words | None = None
        for part in parts:
            other = self.truths(part)
            if other is None:
                return None
            result = other if result is None else result & other
        return None if result is None else _some_of(result)

    def _some(self, parts: Sequence[Node]) -> Words | None:
        result: Words | None = None
        for part in parts:
            other = self.truths(part)
            if other is not None:
                result = other if result is None else result | other
        return result


def _some_of(words: Words) -> Words | None:
    return words if is_any(words) else None
