"""The IRIs that xAPI itself gives a meaning to."""

from __future__ import annotations

from typing import Final

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
