"""The command `prowess`: one root that every plug-in hangs its commands on.

They are loaded when one is asked for, and with them everything that they stand on: `prowess --version` needs none of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from lrs import __version__
from lrs.errors import ConfigError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class ProwessGroup(click.Group):
    """A group that says what went wrong and how to mend it, without a traceback."""

    _is_loaded = False

    def load(self) -> None:
        """Hang on the commands of every installed plug-in.  Raises ConfigError when one cannot be loaded."""
        if self._is_loaded:
            return
        from lrs.commands.every import every_command  # noqa: PLC0415 - see the module

        for command in every_command():
            self.add_command(command)
        self._is_loaded = True

    def list_commands(self, ctx: click.Context) -> list[str]:
        self.load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self.load()
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        from lrs.cli_context import COMMAND_FAULTS, explain, explained, invocation  # noqa: PLC0415 - see the module

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
    from lrs.cli_context import begin  # noqa: PLC0415 - see the module

    begin(ctx, config)


def build() -> click.Group:
    """The root with the commands of every installed plug-in."""
    prowess.load()
    return prowess


def main() -> None:
    """Entry point of the console script."""
    try:
        prowess(prog_name="prowess")
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
