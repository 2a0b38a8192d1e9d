"""The commands of every installed plug-in, and the one that measures what all of them bring."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lrs.bench.command import bench_command
from lrs.commands import COMMANDS
from lrs.prowess import core, installed_plugins


def every_command() -> Iterator[click.Command]:
    """Raises ConfigError when a plug-in cannot be loaded."""
    plugins = installed_plugins()
    yield from COMMANDS
    for plugin in plugins:
        yield from plugin.commands
    yield bench_command([bench for plugin in (core(), *plugins) for bench in plugin.benches])
