"""Writing programs on a page, in three steps: check the text, plan whom it concerns, publish exactly that plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import BadRequest, ConfigError, Conflict
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.sessions import admin_only, current
from rules.language import Draft, LanguageError, Ruleset
from rules.pages.history import names_of
from rules.pages.language import chapters
from rules.pages.planned import Day, Group, groups_of, later, told
from rules.published.composition import published_of
from rules.published.store import Source
from rules.publishing.files import Prepared, ProgramFiles, tried, warnings
from rules.publishing.proposal import publish
from rules.trials import Outcome

_NEW_FILE: Final = "programs.yaml"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a file, with the line as it was written."""

    error: ConfigError
    quoted: str


@dataclass(frozen=True, slots=True)
class File:
    """A file in its field, with its mistakes."""

    source: Source
    mistakes: tuple[Mistake, ...]
    is_open: bool

    @property
    def lines(self) -> int:
        return self.source.text.count("\n") + 1

    @property
    def wrong(self) -> frozenset[int]:
        """The lines that mistakes are in, as far as there are such lines."""
        return frozenset(one.error.line for one in self.mistakes if one.error.line and one.error.line <= self.lines)


@signed_in_only
@admin_only
def show() -> ResponseReturnValue:
    """The files as they are published, and room for another."""
    return _page(published_of(this_prowess()).sources(current().tenant_id), wanted=request.args.get("file"))


@signed_in_only
@admin_only
def send() -> ResponseReturnValue:
    """Check, plan or publish what was sent."""
    prowess, tenant_id = this_prowess(), current().tenant_id
    published, sources = published_of(prowess), _sent()
    files = ProgramFiles(sources)
    try:
        if request.form.get("do") == "check":
            draft = files.check(published, tenant_id)
            return _page(sources, draft=draft)
        announce, by = "announce_history" in request.form, current().account.username
        prepared = files.prepare(prowess, published, tenant_id, announce_history=announce)
        if request.form.get("do") != "publish":
            return _page(sources, prepared=prepared)
        if problem := _unready(prepared):
            return _page(sources, prepared=prepared, problem=problem), 409
        publish(published, prepared.proposal, withdraw=True, by=by, tenant_id=tenant_id)
        prowess.runner.wake()
    except LanguageError as error:
        return _page(sources, errors=error.errors), 400
    except Conflict as error:
        return _page(sources, problem=f"{error.message}; {error.hint}"), 409
    return redirect(url_for("programs.index", published=1), 303)


def _unready(prepared: Prepared) -> str | None:
    """Why a plan may not be published as it was seen."""
    if request.form.get("planned_history", "") != request.form.get("announce_history", ""):
        return "What is announced was chosen after the plan was made. This is the plan now; look at it, and publish it."
    if request.form.get("plan") != prepared.hash:
        return (
            "The plan that you saw is out of date: programs or people changed meanwhile. This is the plan now; look at "
            "it, and publish it."
        )
    if prepared.plan.removed and "withdraw" not in request.form:
        return (
            f"Programs would be withdrawn: {', '.join(prepared.plan.removed)}. Tick that you mean it, or put them back."
        )
    return None


def _sent() -> list[Source]:
    """The files of the form, line ends as files have them.  Raises BadRequest."""
    names, texts = request.form.getlist("file"), request.form.getlist("text")
    if len(names) != len(texts):
        raise BadRequest("this form is not whole", hint="open the page again")
    return [
        Source(name.strip() or _NEW_FILE, text.replace("\r\n", "\n").strip("\n") + "\n")
        for name, text in zip(names, texts, strict=True)
        if text.strip()
    ]


def _page(
    sources: Sequence[Source],
    *,
    wanted: str | None = None,
    errors: Iterable[ConfigError] = (),
    draft: Draft | None = None,
    prepared: Prepared | None = None,
    problem: str = "",
) -> str:
    wrong = list(errors)
    checked = prepared.draft if prepared else draft
    return render_template(
        "rules/pages/editor.html",
        files=[_file(source, wrong, wanted, alone=len(sources) == 1) for source in sources],
        elsewhere=[one for one in wrong if one.file not in {source.file for source in sources}],
        errors=wrong,
        new_file=_free_name({source.file for source in sources}),
        ruleset=draft.ruleset if draft else None,
        trials=_trials(checked) if checked else None,
        warnings=warnings(this_prowess(), checked, current().tenant_id) if checked else [],
        prepared=prepared,
        groups=_groups(prepared) if prepared else [],
        told=told(prepared.plan) if prepared else [],
        later=_later(prepared) if prepared else [],
        problem=problem,
        chapters=chapters(),
        announce_history="announce_history" in request.form,
        withdraw="withdraw" in request.form,
    )


@dataclass(frozen=True, slots=True)
class Trials:
    """How many of the tests in the programs passed, and those that failed."""

    passed: int
    failed: tuple[Outcome, ...]


def _trials(draft: Draft) -> Trials | None:
    outcomes = tried(draft)
    failed = tuple(outcome for outcome in outcomes if not outcome.is_ok)
    return Trials(len(outcomes) - len(failed), failed) if outcomes else None


def _file(source: Source, errors: Iterable[ConfigError], wanted: str | None, *, alone: bool) -> File:
    lines = source.text.splitlines()
    mistakes = tuple(
        Mistake(error, lines[error.line - 1] if error.line and error.line <= len(lines) else "")
        for error in errors
        if error.file == source.file
    )
    return File(source, mistakes, alone or bool(mistakes) or source.file == wanted)


def _free_name(taken: set[str]) -> str:
    numbered = (f"programs-{number}.yaml" for number in range(2, len(taken) + 3))
    return next(name for name in (_NEW_FILE, *numbered) if name not in taken)


def _groups(prepared: Prepared) -> list[Group]:
    return _named(groups_of(prepared.plan.changes, *_rulesets(prepared)))


def _later(prepared: Prepared) -> list[Day]:
    return [replace(day, groups=_named(day.groups)) for day in later(prepared.plan, *_rulesets(prepared))]


def _rulesets(prepared: Prepared) -> tuple[Ruleset, Ruleset]:
    """What is published, and what would be: what is withdrawn has its title in the former only."""
    return published_of(this_prowess()).current(current().tenant_id).ruleset, prepared.ruleset


def _named(groups: Sequence[Group]) -> list[Group]:
    people = sorted({line.person for group in groups for line in group.lines})
    with this_prowess().database.read() as conn:
        names = names_of(conn, current().tenant_id, people)
    return [group.named(names) for group in groups]
