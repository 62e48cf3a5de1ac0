"""S3 buckets: reported, never touched. An empty list does not mean an empty bucket, and anybody can take a deleted name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Mode, Resource, Role, Unknown, Value
from engine.money import Money, PriceBook
from reapers.kind import Evidence, Kind, Scope
from reapers.kinds.aws_metrics import Metric, newest
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.reading import as_read, moment, present

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.s3_bucket"
GUARDED = ("location", "tags")

FIELDS = {
    "location": Field(type="string", doc="region that holds the data; the key's region is global, as names are"),
    "versioning": Field(type="string", enum=("Enabled", "Suspended", "Off"), price="call", doc="whether old versions are kept"),
    "standard_gb": Field(type="double", unit="GB", price="paid", doc="data in the class S3 Standard, all versions, a day ago"),
    "objects": Field(type="int", price="paid", doc="objects of all classes, all versions, a day ago"),
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of ListBuckets' Buckets, with `Tags` put beside it: a list, or the Unknown that the tag call ended with.

    CreationDate may move when a bucket's policy is edited (S3 API reference): the bucket then counts as new, which spares it.
    """
    tags = raw.get("Tags")
    created = moment(raw["CreationDate"])
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["Name"], created.isoformat()),
        name=raw["Name"],
        created=created,
        tags=tags if isinstance(tags, Unknown) else tags_of(tags),
        fields=present({"location": raw.get("BucketRegion") or Unknown("S3 did not say where the bucket is")}),
        seen_at=cell.now,
    )
    return as_read(resource, "s3:ListBuckets", GUARDED)


def list_buckets(cell: AWSCell) -> Iterator[Resource]:
    """Every bucket of the account. A page size must be asked for: without one S3 leaves the buckets' regions out."""
    for raw in cell.pages("s3", "list_buckets", "Buckets", PaginationConfig={"PageSize": 1000}):
        yield parse(cell, {**raw, "Tags": _tags(cell, raw)})


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One bucket by its name: S3 describes a bucket only in the list of all."""
    pages = cell.pages("s3", "list_buckets", "Buckets", Prefix=key.id, PaginationConfig={"PageSize": 1000})
    raw = next((raw for raw in pages if raw["Name"] == key.id), None)
    return Gone(cell.now) if raw is None else parse(cell, {**raw, "Tags": _tags(cell, raw)})


def _tags(cell: AWSCell, raw: Mapping[str, Any]) -> list[dict[str, str]] | Unknown:
    """A call for each bucket. A bucket without tags answers with an error that says so; any other error is Unknown."""
    place = cell.at(raw.get("BucketRegion", ""))
    answer = place.ask("s3", "get_bucket_tagging", ("NoSuchTagSet",), Bucket=raw["Name"])
    if isinstance(answer, Unknown):
        return answer
    tags: list[dict[str, str]] = answer["TagSet"] if answer else []
    return tags


def versioning(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """A call for each bucket; a bucket that never had it answers nothing."""
    return {resource.key.id: _versioning(cell, resource) for resource in resources}


def _versioning(cell: AWSCell, resource: Resource) -> str | Unknown:
    location = resource.fields["location"]
    region = "" if isinstance(location, Unknown) else str(location)
    answer = cell.at(region).ask("s3", "get_bucket_versioning", Bucket=resource.key.id)
    if isinstance(answer, Unknown) or answer is None:
        return answer or Unknown("S3 gave no answer")
    return str(answer.get("Status", "Off"))


def storage(cell: AWSCell, resources: Sequence[Resource], name: str, storage_class: str) -> Mapping[str, float | Unknown]:
    """The newest daily figure from CloudWatch of the bucket's own region. A bucket without data points is Unknown, not empty."""
    by_region: dict[str, list[str]] = defaultdict(list)
    found: dict[str, float | Unknown] = {}
    for resource in resources:
        location = resource.fields["location"]
        if isinstance(location, Unknown):
            found[resource.key.id] = location
        else:
            by_region[str(location)].append(resource.key.id)
    metric = Metric("AWS/S3", name, "Average", "BucketName", (("StorageType", storage_class),))
    for region, buckets in by_region.items():
        for bucket, series in newest(cell.at(region), metric, buckets).items():
            found[bucket] = series if isinstance(series, Unknown) else series[-1] if series else Unknown("CloudWatch has no data")
    return found


def standard_gb(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """Gigabytes as S3 bills them: 2^30 bytes."""
    found = storage(cell, resources, "BucketSizeBytes", "StandardStorage")
    return {name: size if isinstance(size, Unknown) else size / 2**30 for name, size in found.items()}


def objects(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """How many."""
    found = storage(cell, resources, "NumberOfObjects", "AllStorageTypes")
    return {name: number if isinstance(number, Unknown) else int(number) for name, number in found.items()}


def price(resource: Resource, book: PriceBook) -> Money:
    """S3 Standard alone; other classes, requests and traffic are not in it. Without a size the price is unknown."""
    size = resource.fields.get("standard_gb", Unknown("its size was not read"))
    if isinstance(size, Unknown):
        return Money.unknown(size.why)
    if isinstance(resource.fields["location"], Unknown):
        return Money.unknown("its region is not known")
    return book.monthly("aws", str(resource.fields["location"]), {"s3/standard/gb-month": float(size)})


KIND = Kind(
    name=NAME,
    title="S3 bucket",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_buckets,
    get=get,
    evidence={
        "versioning": Evidence(price="call", source="s3:GetBucketVersioning", read=versioning),
        "standard_gb": Evidence(price="paid", source="cloudwatch:GetMetricData", read=standard_gb, metric=True),
        "objects": Evidence(price="paid", source="cloudwatch:GetMetricData", read=objects, metric=True),
    },
    fingerprint=GUARDED,
    needs={
        Role.SCAN: frozenset({
            "s3:ListAllMyBuckets", "s3:GetBucketTagging", "s3:GetBucketVersioning", "cloudwatch:GetMetricData",
        }),
    },
    max_mode=Mode.NOTIFY,
    untied="it is never deleted: buckets are only reported",
    price=price,
    parse=parse,
    example={
        "Name": "acme-old-exports",
        "CreationDate": "2024-02-03T04:05:06+00:00",
        "BucketRegion": "us-east-1",
        "Tags": [{"Key": "owner", "Value": "payments"}],
    },
)  # fmt: skip
