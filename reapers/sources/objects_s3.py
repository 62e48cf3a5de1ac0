"""Objects in Amazon S3, with the caller's own credentials and region, as every AWS tool finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from reapers.clouds.aws_errors import DENIED, EXPIRED
from reapers.sources.errors import SnapshotError

ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
AT_ONCE = 1000
"""Keys that one DeleteObjects takes (Amazon S3 API reference)."""

SETTINGS = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60, user_agent_extra="sexton"
)


class S3Objects:
    """The objects below `s3://bucket/prefix/`."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        with self._explained("s3:ListBucket"):
            self._client: Any = boto3.session.Session().client("s3", config=SETTINGS)

    @property
    def shown(self) -> str:
        """The address."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def names(self) -> Iterator[str]:
        """Every name, over all pages."""
        with self._explained("s3:ListBucket"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._prefix)

    def read(self, name: str) -> bytes | None:
        """The content of a small object; None where there is no such object."""
        with self._explained("s3:GetObject"):
            try:
                content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except ClientError as error:
                if _code(error) in ABSENT:
                    return None
                raise
            return content

    def fetch(self, name: str, file: Path) -> None:
        """Copy an object into a file here."""
        with self._explained("s3:GetObject"):
            self._client.download_file(self._bucket, self._prefix + name, str(file))

    def send(self, name: str, file: Path) -> None:
        """Write a file's content under a name."""
        with self._explained("s3:PutObject"):
            self._client.upload_file(str(file), self._bucket, self._prefix + name)

    def remove(self, names: Sequence[str]) -> None:
        """Take objects away."""
        for start in range(0, len(names), AT_ONCE):
            keys = [{"Key": self._prefix + name} for name in names[start : start + AT_ONCE]]
            with self._explained("s3:DeleteObject"):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
            for fault in answer.get("Errors", ()):
                raise SnapshotError(f"{self.shown}: {fault.get('Key')} could not be removed ({fault.get('Code')}).")

    @contextmanager
    def _explained(self, permission: str) -> Iterator[None]:
        """What the client raises, as a sentence."""
        try:
            yield
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise SnapshotError(f"{self.shown}: no AWS credentials were found; set AWS_PROFILE or log in.") from error
        except ClientError as error:
            raise SnapshotError(f"{self.shown} {self._said(_code(error), permission)}.") from error
        except S3UploadFailedError as error:
            cause = error.__context__
            code = _code(cause) if isinstance(cause, ClientError) else ""
            raise SnapshotError(f"{self.shown} {self._said(code, permission)}.") from error
        except BotoCoreError as error:
            raise SnapshotError(f"{self.shown} does not answer: {str(error).rstrip('.')}.") from error

    def _said(self, code: str, permission: str) -> str:
        if code in DENIED or code == "403":
            return f"refuses {permission}: add it, for this bucket, to whom Sexton runs as"
        if code in EXPIRED:
            return f"does not accept the credentials ({code}): log in again"
        if code == "NoSuchBucket":
            return "cannot be used: there is no such bucket"
        return f"answers {code or 'an error'} to {permission}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
