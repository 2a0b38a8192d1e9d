"""Commands of the record store itself."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lrs.commands.accounts import account
from lrs.commands.audit import audit
from lrs.commands.backup import backup, restore
from lrs.commands.feed import feed
from lrs.commands.init import init
from lrs.commands.keys import key
from lrs.commands.operate import doctor, migrate
from lrs.commands.people import people
from lrs.commands.serve import serve, work
from lrs.commands.statements import statements
from lrs.commands.verify import rebuild, verify

COMMANDS: Sequence[click.Command] = (
    init,
    serve,
    work,
    migrate,
    doctor,
    feed,
    key,
    account,
    audit,
    people,
    statements,
    backup,
    restore,
    verify,
    rebuild,
)
