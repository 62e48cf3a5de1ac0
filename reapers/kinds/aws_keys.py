"""The KMS keys that backups are encrypted with: what is encrypted with a disabled key is as good as gone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reapers.kind import Unusable

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NEEDS = frozenset({"kms:DescribeKey"})


def assert_usable(cell: AWSCell, what: str, keys: Iterable[str | None]) -> None:
    """Every key is there and enabled: Unusable if not, also where the key is not named. A read that fails is raised."""
    for key in sorted(set(keys), key=str):
        if not key:
            raise Unusable(f"{what} is encrypted, and AWS does not say with which key: whether it can be read is not known")
        answer = cell.find("kms", "describe_key", ("NotFoundException",), KeyId=key)
        state = answer["KeyMetadata"]["KeyState"] if answer else "gone"
        if state != "Enabled":
            raise Unusable(f"{what} is encrypted with {key}, which is {state}: enable the key, then retry")
