"""What commands share: which configuration, and a Prowess opened for the length of one command."""

from __future__ import annotations

import errno
import getpass
import os
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import update_wrapper
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import click
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from lrs.config import load_settings
from lrs.dialects.troubles import trouble
from lrs.errors import ConfigError, ProwessError, Unavailable
from lrs.logs import configure_logs, get_logger, is_json
from lrs.migrate import require_current
from lrs.prowess import Plugin, Prowess, installed_plugins
from lrs.settings import LogSettings, Settings
from lrs.store.audit import COMMAND, Asker, asked_by

log = get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_CONFIG = Path("config.yaml")
RESTART: Final = (
    "processes that run keep to the config.yaml they were started with: restart prowess serve after a change"
)
"""What a command says that shows what the server will do by settings which that may not have read yet."""


@dataclass(slots=True)
class Invocation:
    """One run of the command line: `--config` and what follows from it, each built when first needed."""

    config: Path | None
    url: URL | None = field(default=None, init=False)
    """Of the database, once one was opened."""

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        return installed_plugins()

    @property
    def config_path(self) -> Path | None:
        """The file to read: the one named, else ./config.yaml when it is there."""
        if self.config is not None:
            if not self.config.is_file():
                raise ConfigError(f"no configuration at {self.config}", hint="create one with: prowess init DIR")
            return self.config
        return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None

    def settings(self, *, whole: bool = True) -> Settings:
        """Raises ConfigError.  whole: as `load_settings` has it."""
        sections = {plugin.name: plugin.settings for plugin in self.plugins if plugin.settings}
        return load_settings(self.config_path, sections=sections, whole=whole)

    def log_as_told(self) -> None:
        """From here on log as the configuration says, for commands that stay: also why they cannot start.

        Where the configuration cannot be read it is the environment that says, and `open` will tell why.
        """
        try:
            told = self.settings(whole=False).log
        except ProwessError:
            told = LogSettings(level="warning", format=os.environ.get("PROWESS_LOG_FORMAT", "auto"))
        configure_logs(told)

    def open(self, *, current: bool = True, whole: bool = False) -> Prowess:
        """A Prowess without a runner.

        whole: the secrets of other systems have to be there too, as whoever serves will need them.

        Raises ConfigError when no store is named anywhere, or `current` and a migration is due.
        """
        if self.config_path is None and "PROWESS_DATABASE_URL" not in os.environ:
            raise ConfigError(
                "there is no config.yaml here", hint="go where it is, name it with --config, or: prowess init DIR"
            )
        settings = self.settings(whole=whole)
        if current:
            _require_file(settings)
        prowess = Prowess(settings, self.plugins)
        self.url = prowess.database.url
        if current:
            try:
                require_current(prowess.database, prowess.plugins)
            except BaseException:
                prowess.close()
                raise
        return prowess


def _require_file(settings: Settings) -> None:
    """Raises ConfigError where a SQLite file should be and is not: a typing error must not leave an empty store behind."""
    file = make_url(settings.database.url).database if settings.database.url.startswith("sqlite") else None
    try:
        Path(file or ".").stat()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"there is no database at {file}", hint="check database.url, or make a new one with: prowess migrate"
        ) from None


def begin(ctx: click.Context, config: Path | None) -> None:
    """Prepare a run of the command line: what it is asked with, who asks, and where logs go."""
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


def pass_prowess(function: Callable[Concatenate[Prowess, P], R]) -> Callable[P, R]:
    """Give a command an opened Prowess as its first argument and close it afterwards."""

    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        with invocation().open() as prowess:
            return function(prowess, *args, **kwargs)

    return update_wrapper(command, function)


def invocation() -> Invocation:
    """The current command's invocation."""
    found: Any = click.get_current_context().find_object(Invocation)
    return found if isinstance(found, Invocation) else Invocation(None)


_FULL = (errno.ENOSPC, errno.EDQUOT)
_HINTS = {
    errno.EACCES: "run this as the user whose it is: sudo -u USER",
    errno.EPERM: "run this as the user whose it is: sudo -u USER",
    errno.ENOENT: "make it, or name another",
    errno.EROFS: "it is on a disk that cannot be written: name another",
    **dict.fromkeys(_FULL, "free space, where the file is to be and where TMPDIR is"),
}
COMMAND_FAULTS = (ProwessError, DBAPIError, OSError, sqlite3.Error)
"""What `explained` may know."""


def explained(error: BaseException, url: URL | None) -> ProwessError | None:
    """What an operator is told of an error that ends a command; None where it is a mistake of ours, and a traceback helps.

    url: of the database, once one was opened.
    """
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    if isinstance(cause, DBAPIError) and url is not None and (found := trouble(cause, url)) is not None:
        return ProwessError(found.what, hint=found.hint)
    if isinstance(error, ProwessError):
        return error
    if isinstance(error, OSError) and (error.filename is not None or error.errno in _FULL):
        place = f"{error.filename}: " if error.filename is not None else ""
        return ProwessError(f"{place}{error.strerror}", hint=_HINTS.get(error.errno or 0))
    if isinstance(error, sqlite3.OperationalError):  # of a copy that is being made
        return ProwessError(f"a copy cannot be made: {error}", hint=_HINTS[errno.ENOSPC])
    return None


def explain(error: ProwessError) -> None:
    """Say on standard error what went wrong, where, and how to mend it: in lines of JSON where the log is to be such."""
    for each in error.errors if isinstance(error, ConfigError) else (error,):
        place = f"{each.place}: " if isinstance(each, ConfigError) and each.place else ""
        if is_json():
            log.error("stopped", error=f"{place}{each.message}", hint=each.hint)
            continue
        click.echo(f"{click.style('error', fg='red', bold=True)}: {place}{each.message}", err=True)
        if each.hint:
            click.echo(f"  hint: {each.hint}", err=True)
