"""Places where a test may stop the process dead, to prove that a restart loses and doubles nothing.

`PROWESS_FAILPOINTS=name,name` names the points; without it `reach` does nothing.
"""

from __future__ import annotations

import os

EXIT_CODE = 86


def reach(name: str) -> None:
    """Stop the process at once, without any clean-up, when the environment names this point."""
    names = os.environ.get("PROWESS_FAILPOINTS")
    if names and name in names.split(","):
        os._exit(EXIT_CODE)
