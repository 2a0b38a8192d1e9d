"""`prowess init`: a directory that serves at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import click

from lrs import migrate as migrations
from lrs.cli_context import invocation
from lrs.clock import SystemClock, to_datetime
from lrs.errors import ConfigError
from lrs.private import make_private
from lrs.prowess import installed_plugins
from lrs.web.accounts import create_account

TEMPLATES = resources.files("lrs") / "templates"
_PRIVATE: Final = ("config.yaml", "people.yaml")
_EVERY_SETTING: Final = "config.example.yaml"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path("prowess"))
@click.option("--admin", default="admin", show_default=True, help="User name of the first sign-in.")
def init(directory: Path, admin: str) -> None:
    """Write config.yaml and programs/ with commented examples, make the database and a first sign-in.

    config.example.yaml beside it has every setting with its default; nothing reads that file.

    Example: prowess init my-prowess && prowess --config my-prowess/config.yaml serve
    """
    config = directory / "config.yaml"
    if config.exists():
        raise ConfigError(f"{config} exists already; nothing was changed", hint="choose another directory")
    (directory / "programs").mkdir(parents=True, exist_ok=True)
    today = to_datetime(SystemClock().now()).date().isoformat()
    for name in _PRIVATE:
        _write(directory / name, name, today)
    _write(directory / _EVERY_SETTING, _EVERY_SETTING, today)
    for name in ("first-aid.yaml", "activities.yaml", "sources.yaml"):
        _write(directory / "programs" / name, name, today)
    for plugin in installed_plugins():
        for name, text in plugin.starters.items():
            (directory / name).write_text(f"{text()}\n", "utf-8")
    try:
        here = invocation()
        here.config = config
        with here.open(current=False) as prowess:
            migrations.migrate(prowess.database, prowess.plugins)
            password = create_account(prowess, admin, None, "admin")
    except BaseException:
        config.unlink()  # so that it can be typed again once the cause is mended
        raise
    click.echo(f"wrote {config}, {directory / 'people.yaml'} and {directory / 'programs'}/")
    click.echo(f"sign-in: {admin} / {password}   (shown once)")
    click.echo(f"serve it with: prowess --config {config} serve")


def _write(path: Path, template: str, today: str) -> None:
    if not path.exists():
        if template in _PRIVATE:
            make_private(path)
        path.write_text((TEMPLATES / template).read_text("utf-8").replace("TODAY", today), "utf-8")
