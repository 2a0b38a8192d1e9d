"""Coverage-guided fuzzing of one target in a process of its own: `python -m tests.fuzz.guided TARGET CORPUS [OPTIONS]`.

What libFuzzer is given as options goes to it: `-max_total_time=60`, `-seed=1`, or the file of an earlier crash to replay.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lrs", "rules"]):
    from tests.fuzz.targets import TARGETS, Target


def main(name: str, *options: str) -> None:
    target = TARGETS[name]
    corpus = Path(tempfile.mkdtemp(prefix=f"prowess-corpus-{name}-"))
    write_seeds(target, corpus)
    given = [option for option in options if not option.startswith("-")]
    places = given if given and Path(given[0]).is_file() else [str(corpus), *given]
    limits = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *(one for one in options if one.startswith("-")), *places], target.check)
    atheris.Fuzz()


def write_seeds(target: Target, corpus: Path) -> None:
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
