"""Attachment data in a bucket of anything that speaks S3.  Needs boto3, which `pip install prowess[s3]` brings.

What cannot be reached within a few seconds is not there now: the request is refused and nothing is stored.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import IO, Any, Final

from sqlalchemy import Connection

from lrs.errors import ConfigError, Unavailable
from lrs.settings import AttachmentSettings
from lrs.store.blobs.contract import PIECE, BlobKey, MissingBlob

_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 30
_ATTEMPTS: Final = 3

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError as why:
    raise ConfigError(
        "attachments.store names a bucket, and boto3 is not installed", hint="pip install 'prowess[s3]'"
    ) from why


class S3Blobs:
    """The bucket and the prefix that `attachments.store` names."""

    def __init__(self, settings: AttachmentSettings) -> None:
        self._bucket, _, prefix = settings.store.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "max_attempts": _ATTEMPTS},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: BlobKey, content: IO[bytes], size: int) -> None:
        checksum = base64.b64encode(key.sha256).decode("ascii")
        try:
            self._client.put_object(**self._named(key), Body=content, ContentLength=size, ChecksumSHA256=checksum)
        except (BotoCoreError, ClientError) as why:
            raise _unavailable(why) from why

    def pieces(self, key: BlobKey) -> Iterator[bytes]:
        try:
            body = self._client.get_object(**self._named(key))["Body"]
            try:
                yield from body.iter_chunks(PIECE)
            finally:
                body.close()
        except self._client.exceptions.NoSuchKey as why:
            raise MissingBlob(key) from why
        except (BotoCoreError, ClientError) as why:
            raise _unavailable(why) from why

    def remove(self, key: BlobKey, conn: Connection) -> None:  # noqa: ARG002 - the contract's shape
        try:
            self._client.delete_object(**self._named(key))
        except (BotoCoreError, ClientError) as why:
            raise _unavailable(why) from why

    def sweep(self, before: int) -> None:
        """An object appears whole or not at all: nothing is left behind."""

    def _named(self, key: BlobKey) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key.path}


def _unavailable(why: Exception) -> Unavailable:
    return Unavailable(f"the bucket of attachments does not answer: {why}", hint="see attachments.* of the settings")
