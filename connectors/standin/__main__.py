"""`python -m connectors.standin --port 0 --token T --seed-file users.json`: runs until it is stopped.

Prints one line of JSON with its address first: {"url": …, "webhook": …, "users": …, "courses": …}.
"""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import click

from connectors.standin.seed import invented_seed, load_seed
from connectors.standin.server import StandIn


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--token", default="stand-in-token", show_default=True, help="What wstoken or the Bearer token must be.")
@click.option("--webhook-secret", default="stand-in-webhook-secret", show_default=True)
@click.option("--seed-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Users and courses.")
@click.option("--users", default=200, show_default=True, help="How many to invent without a seed file.")
@click.option("--courses", default=2, show_default=True, help="How many to invent without a seed file.")
def main(
    host: str, port: int, token: str, webhook_secret: str, seed_file: Path | None, users: int, courses: int
) -> None:
    """Run a stand-in for a Moodle, a Canvas and a webhook receiver.

    Example: python -m connectors.standin --port 8099 --token secret
    """
    seed = load_seed(seed_file) if seed_file else invented_seed(users, courses)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with StandIn(seed, token=token, webhook_secret=webhook_secret, host=host, port=port) as standin:
        told = {"url": standin.url, "webhook": f"{standin.url}/webhook"}
        click.echo(json.dumps({**told, "users": len(seed.users), "courses": len(seed.courses)}))
        stopped.wait()


if __name__ == "__main__":
    main()
