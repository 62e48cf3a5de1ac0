"""Pages: moto answers some lists in one piece whatever is asked for. Here they are cut as AWS cuts them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from demo.aws.calls import Call, Environ, form, replace_body


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages: the parameters of size and place, and where the answer holds items and the next place."""

    size: str
    place: str
    items: str
    next_place: str
    moto_pages: bool = False
    """moto cuts pages itself; only a smaller size is asked of it."""


_TOKENS = ("MaxResults", "NextToken")
PAGED: dict[tuple[str, str], Paging] = {
    ("ec2", "DescribeVolumes"): Paging(*_TOKENS, "volumeSet", "nextToken"),
    ("ec2", "DescribeSnapshots"): Paging(*_TOKENS, "snapshotSet", "nextToken"),
    ("ec2", "DescribeImages"): Paging(*_TOKENS, "imagesSet", "nextToken"),
    ("ec2", "DescribeInstances"): Paging(*_TOKENS, "reservationSet", "nextToken", moto_pages=True),
    ("rds", "DescribeDBInstances"): Paging("MaxRecords", "Marker", "DBInstances", "Marker", moto_pages=True),
    ("s3", "ListBuckets"): Paging("max-buckets", "continuation-token", "Buckets", "ContinuationToken"),
}
"""Others are not paged by AWS (DescribeAddresses) or are small here."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the whole answer was asked for."""

    paging: Paging
    start: int
    size: int

    def of(self, whole: bytes) -> bytes:
        """The page, and the token of the next if there is one."""
        root = ET.fromstring(whole)  # noqa: S314  # written by moto, in this process
        space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
        holder = root.find(f".//{space}{self.paging.items}")
        items = list(holder) if holder is not None else []
        if holder is None or (self.start == 0 and self.size >= len(items)):
            return whole
        for item in items[: self.start] + items[self.start + self.size :]:
            holder.remove(item)
        if self.start + self.size < len(items):
            ET.SubElement(root, f"{space}{self.paging.next_place}").text = str(self.start + self.size)
        if space:
            ET.register_namespace("", space.strip("{}"))
        return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def cut(call: Call, environ: Environ, largest: int) -> Cut | None:
    """What to cut out of the answer, where AWS would cut. A request that names ids is answered whole, as AWS does."""
    paging = PAGED.get((call.service, call.action))
    if paging is None:
        return None
    asked = _query(environ) if call.service == "s3" else form(environ)
    if any(name.startswith(("VolumeId.", "SnapshotId.", "ImageId.", "InstanceId.", "DBInstanceIdentifier")) for name in asked):
        return None
    size = min(int(asked.get(paging.size) or largest), largest)
    if paging.moto_pages:
        _rewrite(call, environ, asked | {paging.size: str(size)})
        return None
    start = int(asked.get(paging.place) or 0)
    _rewrite(call, environ, {name: value for name, value in asked.items() if name not in (paging.size, paging.place)})
    return Cut(paging, start, size)


def _query(environ: Environ) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).items()}


def _rewrite(call: Call, environ: Environ, asked: dict[str, str]) -> None:
    if call.service == "s3":
        environ["QUERY_STRING"] = urlencode(asked)
    else:
        replace_body(environ, urlencode(asked).encode())
