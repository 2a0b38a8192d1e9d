"""`prowess bench`: what this machine can do, and what Prowess makes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import click

from lrs.bench.findings import Bench, Setting, Work


def bench_command(benches: Sequence[Bench]) -> click.Command:
    """The command over these parts."""
    names = [bench.name for bench in benches]
    parts = "\n".join(f"{bench.name}: {bench.what}" for bench in benches)

    @click.command(
        "bench",
        help="Measure what this machine does: floor and product in one run, with CPU for each operation.\n\n"
        f"Without a PART all are run.\n\n\b\n{parts}",
        epilog="Example:  prowess bench http --statements 1000000 --peer http://localhost:8100/xapi --peer-key KEY:SECRET",
    )
    @click.argument("parts", nargs=-1, type=click.Choice(names), metavar="[PART]...")
    @click.option(
        "--statements",
        type=click.IntRange(0),
        default=10_000,
        show_default=True,
        help="In the store when it is read, and at every power of ten from 10,000 on the way there.",
    )
    @click.option("--seconds", type=click.FloatRange(0.2), default=5, show_default=True, help="Of each load.")
    @click.option(
        "--connections",
        type=click.IntRange(1, 512),
        multiple=True,
        default=(8, 32),
        show_default=True,
        help="Of single statements; give it again for more.",
    )
    @click.option(
        "--work",
        type=click.Choice(get_args(Work)),
        default="server",
        show_default=True,
        help="Who works behind the requests: the server, `prowess work` beside it, or nobody.",
    )
    @click.option("--database", help="An empty database for one part; an SQLite file for each when left out.")
    @click.option("--peer", metavar="URL", help="The xAPI endpoint of another store, to be loaded alike.")
    @click.option("--peer-key", metavar="KEY:SECRET", default="peer:peer", help="Its Basic credentials.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def bench(
        parts: tuple[str, ...],
        statements: int,
        seconds: float,
        connections: tuple[int, ...],
        work: Work,
        database: str | None,
        peer: str | None,
        peer_key: str,
        as_json: bool,
    ) -> None:
        chosen = [one for one in benches if one.name in parts or not parts]
        if database and len(chosen) > 1:
            raise click.UsageError("each part needs an empty database: name one part with --database")
        key, _, secret = peer_key.partition(":")
        found = {}
        for one in chosen:
            with TemporaryDirectory(prefix="prowess-bench-") as directory:
                other = (peer, key, secret) if peer else None
                setting = Setting(Path(directory), database, statements, seconds, connections, other, work)
                found[one.name] = one.measure(setting)
            if not as_json:
                click.echo(f"\n## {one.name}\n{found[one.name].as_markdown()}")
        if as_json:
            click.echo(json.dumps({name: findings.as_json() for name, findings in found.items()}, indent=2))

    return bench
