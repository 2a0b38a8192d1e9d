"""`prowess people merge | unmerge`: two people who turned out to be one, and back; what that changes is shown first."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import click
from sqlalchemy import Connection

from lrs.cli_context import pass_prowess
from lrs.commands.changed import changes, whom
from lrs.errors import BadRequest
from lrs.people.register import Merging
from lrs.people.roster import Person
from lrs.prowess import Outlook, Prowess, Standing
from lrs.web.accounts import list_accounts

_FIRST: Final = 10
"""So many ids are named; of the others how many they are."""
_NOTHING: Final = Standing(0, {})

_dry_run = click.option("--dry-run", is_flag=True, help="Show what it changes, and change nothing.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@click.argument("person")
@click.argument("into")
@_dry_run
@_yes
@_json
@pass_prowess
def merge(prowess: Prowess, person: str, into: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """PERSON turned out to be INTO: what is known of both is INTO's from now on, after showing what that changes.

    Statements stay as they are, and what was known before stays known. It can be taken back at any time. Both are named by
    id, mail address, or account as HOMEPAGE|NAME.

    Example: prowess people merge ada2 ada --dry-run
    """
    person, into = (prowess.people.find(text, even_merged=True) for text in (person, into))
    foreseen = _foresee(prowess, person, into)
    if _is_wanted(foreseen, "merge them?", dry_run=dry_run, yes=yes, as_json=as_json):
        prowess.people.merge(person, into)
        prowess.runner.wake()
        _end(foreseen, f"{person} is {into} now; take it back with: prowess people unmerge {person}", as_json)


@click.command()
@click.argument("person")
@_dry_run
@_yes
@_json
@pass_prowess
def unmerge(prowess: Prowess, person: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """PERSON is by themselves again: everybody is who the people files say they are, after showing what that changes.

    The person is named by the id that was merged, or by a mail address or account that the files give them.

    Example: prowess people unmerge ada2
    """
    person = prowess.people.find_merged(person)
    foreseen = _foresee(prowess, person, None)
    if _is_wanted(foreseen, "separate them?", dry_run=dry_run, yes=yes, as_json=as_json):
        prowess.people.unmerge(person)
        prowess.runner.wake()
        _end(foreseen, f"{person} and {foreseen.change.into} are two people again", as_json)


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """What a merge, or taking one back, changes.  sign_ins: of `person`."""

    change: Merging
    before: Mapping[str, Standing]
    after: Mapping[str, Standing]
    decided_again: Sequence[str]
    sign_ins: Sequence[str]

    @property
    def people(self) -> tuple[str, str]:
        return self.change.into, self.change.person

    @property
    def others(self) -> list[str]:
        """Those who report to one of the two."""
        return sorted(set(self.change.after) - set(self.people))

    def standing(self, person: str) -> tuple[Standing, Standing]:
        return self.before.get(person, _NOTHING), self.after.get(person, _NOTHING)

    def programs(self) -> Iterator[tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
        """Person, program, and how they stand before and after, where that differs."""
        for person in self.people:
            before, after = self.standing(person)
            for program in dict.fromkeys((*before.programs, *after.programs)):
                was, is_ = before.programs.get(program), after.programs.get(program)
                if was != is_:
                    yield person, program, was, is_


def _foresee(prowess: Prowess, person: str, into: str | None) -> _Foreseen:
    people = list(dict.fromkeys((into or prowess.people.known_as(person), person)))

    def look(conn: Connection, changed: Sequence[str]) -> Outlook:
        found = [
            plugin.outlook(prowess, conn, changed, people) for plugin in prowess.plugins if plugin.outlook is not None
        ]
        again: Collection[str] = {id_ for one in found for id_ in one.decided_again}
        return Outlook({id_: one for each in found for id_, one in each.standings.items()}, again)

    change, before, after = prowess.people.foresee(person, into, look)
    accounts = [one.username for one in list_accounts(prowess) if one.person_id == person]
    again = sorted({*before.decided_again, *after.decided_again})
    return _Foreseen(change, before.standings, after.standings, again, accounts)


def _is_wanted(found: _Foreseen, question: str, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Shows what changes, and asks.  Raises BadRequest where nobody can be asked."""
    if dry_run:
        _end(found, "nothing was changed", as_json, is_done=False)
        return False
    click.echo("\n".join(_told(found)), err=as_json)
    if not yes and not sys.stdin.isatty():
        raise BadRequest("nobody is there to confirm it", hint="say --yes, or --dry-run to change nothing")
    if not yes:
        click.confirm(question, abort=True, err=as_json)
    return True


def _end(found: _Foreseen, said: str, as_json: bool, *, is_done: bool = True) -> None:
    if as_json:
        click.echo(json.dumps(_facts(found, is_done=is_done), default=str, ensure_ascii=False))
        return
    if not is_done:
        click.echo("\n".join(_told(found)))
    click.echo(said)


def _facts(found: _Foreseen, *, is_done: bool) -> dict[str, Any]:
    change = found.change
    return {
        "person": change.person,
        "into": change.into,
        "dry_run": not is_done,
        "before": {id_: asdict(one) for id_, one in change.before.items()},
        "after": {id_: asdict(one) for id_, one in change.after.items()},
        "sign_ins": list(found.sign_ins),
        "programs": [
            {"person": person, "program": program, "before": was, "after": is_}
            for person, program, was, is_ in found.programs()
        ],
        "evidence": {
            id_: dict(zip(("before", "after"), (one.evidence for one in found.standing(id_)), strict=True))
            for id_ in found.people
        },
        "decided_again": list(found.decided_again),
    }


def _told(found: _Foreseen) -> Iterator[str]:
    """The change in lines, each with whom or what it is about."""
    change = found.change
    for id_ in found.people:
        was, is_ = change.before.get(id_), change.after.get(id_)
        who = whom(is_ or was or Person(id_))
        if is_ is None:
            yield f"{who} is known as {change.into}"
            continue
        yield f"{who} is known again" if was is None else who
        yield from changes(was or Person(id_), is_)
    for label, text in _around(found):
        yield f"{label:<16}{text}"


def _around(found: _Foreseen) -> Iterator[tuple[str, str]]:
    """What follows for statements, programs, sign-ins and others."""
    counted = ", ".join(
        f"{id_} {was.evidence} -> {is_.evidence}"
        for id_ in found.people
        for was, is_ in [found.standing(id_)]
        if was.evidence != is_.evidence
    )
    if counted:
        yield "evidence", f"statements: {counted}"
    for person, program, was, is_ in found.programs():
        yield "program", f"{program}: {person} {_state(was)} -> {_state(is_)}"
    if found.others:
        boss = found.change.person if found.change.person in found.change.after else found.change.into
        yield "reports", f"{_listed(found.others)} report to {boss}"
    if found.sign_ins:
        yield "sign-ins", f"{_listed(found.sign_ins)}, who see what {found.change.person} may"
    if again := found.decided_again:
        yield "decided again", f"{len(again)} people: {_listed(again)}"


def _state(state: Mapping[str, Any] | None) -> str:
    if state is None:
        return "nothing"
    words = [str(state["assignment"]), str(state["progress"]).replace("_", " ")]
    if state["award"] != "none":
        until = f" until {state['expires_on']}" if state["expires_on"] else ""
        words.append(f"{state['award']}{until}")
    elif state["due_on"]:
        words.append(f"due {state['due_on']}")
    return f"{', '.join(words)}, from {state['used']} statement{'' if state['used'] == 1 else 's'}"


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _FIRST} more" if len(ids) > _FIRST else ""
    return ", ".join(ids[:_FIRST]) + more
