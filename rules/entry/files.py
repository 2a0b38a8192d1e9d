"""Files that people hand in: what they are is found out from their first bytes, not from their names."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from werkzeug.datastructures import FileStorage

from lrs.errors import BadRequest, TooLarge
from lrs.recorder import Upload

MOST: Final = 10 * 1024 * 1024
KINDS: Final = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_LONGEST_NAME: Final = 120


def load_upload(file: FileStorage | None) -> Upload | None:
    """The file of a form, None when none was chosen.  Raises BadRequest, TooLarge."""
    if file is None or not file.filename:
        return None
    data = file.stream.read(MOST + 1)
    if len(data) > MOST:
        raise TooLarge(f"the file is larger than {MOST // 1024 // 1024} MiB", hint="a photograph or a scan is enough")
    kind = next((media_type for mark, media_type in KINDS if data.startswith(mark)), None)
    if kind is None:
        raise BadRequest("this file is neither PDF nor JPEG nor PNG", hint="take a photograph, or save it as PDF")
    return Upload(PurePath(file.filename).name[-_LONGEST_NAME:], kind, data)
