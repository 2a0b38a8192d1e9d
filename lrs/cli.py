"""The command `prowess`: one root that every plug-in hangs its commands on."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from pathlib import Path
from typing import Any

import click

from lrs import __version__
from lrs.bench.command import bench_command
from lrs.cli_context import COMMAND_FAULTS, Invocation, explain, explained, invocation
from lrs.commands import COMMANDS
from lrs.errors import ConfigError
from lrs.logs import configure_logs
from lrs.plugin import plugin as core
from lrs.prowess import installed_plugins
from lrs.settings import LogSettings
from lrs.store.audit import COMMAND, Asker, asked_by

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class ProwessGroup(click.Group):
    """A group that says what went wrong and how to mend it, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except COMMAND_FAULTS as error:
            told = explained(error, invocation().url)
            if told is None:
                raise
            explain(told)
            ctx.exit(1)


@click.group(cls=ProwessGroup, context_settings=CONTEXT)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PROWESS_CONFIG",
    help="Configuration file; default ./config.yaml where there is one.",
)
@click.version_option(__version__, prog_name="prowess")
@click.pass_context
def prowess(ctx: click.Context, config: Path | None) -> None:
    """Proof that your people are proficient: records, rules, certificates, reports, beside the LMS you have.

    Start with: prowess init my-prowess
    """
    ctx.obj = Invocation(config)
    ctx.call_on_close(asked_by(_operator))
    configure_logs(LogSettings(level="warning", format="auto"))


def _operator() -> Asker:
    """Who types the command, and on which machine."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that nobody named
        name = str(os.getuid())
    return Asker(COMMAND, name, socket.gethostname())


def build() -> click.Group:
    """The root with the commands of every installed plug-in."""
    for command in COMMANDS:
        prowess.add_command(command)
    plugins = installed_plugins()
    for plugin in plugins:
        for command in plugin.commands:
            prowess.add_command(command)
    prowess.add_command(bench_command([bench for plugin in (core, *plugins) for bench in plugin.benches]))
    return prowess


def main() -> None:
    """Entry point of the console script."""
    try:
        build()(prog_name="prowess")
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
