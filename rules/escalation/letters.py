"""What a notice says, in plain words, as text and as HTML.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lrs.days import day_words
from lrs.letterhead import framed, small
from lrs.people.roster import Person
from rules.escalation.deadline import Deadline
from rules.explain.account import Step
from rules.language import Program
from rules.language.naming import LEARNER


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as its recipient reads it.

    lists: what there is to do, under headings.  page: where the recipient sees how it stands; empty where they may not.
    url: where it is said who is told when.
    """

    subject: str
    paragraphs: tuple[str, ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    benefit: str
    page_is: str
    page: str
    footer: str
    url: str

    @property
    def text(self) -> str:
        parts = [*self.paragraphs]
        parts += [f"{title}\n" + "\n".join(f"- {one}" for one in items) for title, items in self.lists]
        parts += [self.benefit] if self.benefit else []
        parts += [f"{self.page_is}\n{self.page}"] if self.page else []
        return "\n\n".join([*parts, f"{self.footer}\n{self.url}"]) + "\n"

    @property
    def html(self) -> str:
        body = Markup("").join(Markup("<p>{}</p>\n").format(one) for one in self.paragraphs)
        for title, items in self.lists:
            rows = Markup("").join(Markup("<li>{}</li>").format(one) for one in items)
            body += Markup("<p>{}</p>\n<ul>{}</ul>\n").format(title, rows)
        if self.benefit:
            body += Markup("<p>{}</p>\n").format(self.benefit)
        if self.page:
            body += Markup('<p><a href="{}">{}</a></p>\n').format(self.page, self.page_is.rstrip(":"))
        ends = Markup('{} <a href="{}">{}</a>').format(self.footer, self.url, self.url)
        return framed(self.subject, body + small(ends))


def letter(
    *,
    program: Program,
    learner: Person,
    recipient: Person,
    role: str,
    deadline: Deadline,
    today: date,
    steps: Sequence[Step],
    tells_why: bool,
    page: str,
    url: str,
) -> Letter:
    """The letter about a deadline to somebody; `today` is the recipient's, `steps` are what is missing.

    tells_why: whether they may see how the learner fared; else the letter says what is missing and no more.
    """
    title, who = program.title or program.id, learner.name or learner.id
    is_own = role == LEARNER
    when = _when(deadline, today)
    return Letter(
        f"{title}: {when}" if is_own else f"{title}: {who}, {when}",
        (f"Dear {recipient.name or recipient.id},", _sentence(title, who, deadline, today, is_own=is_own)),
        tuple(_lists(steps, tells_why=tells_why)),
        _benefit(program, is_own=is_own),
        "Your page, where each step can be opened:" if is_own else f"The page of {who} about it:",
        page,
        _why(role, who),
        url,
    )


def _lists(steps: Sequence[Step], *, tells_why: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not tells_why and steps:
        yield "Still missing:", tuple(step.text for step in steps)
        return
    doable = tuple(_said(step) for step in steps if step.is_doable)
    waiting = tuple(_said(step) for step in steps if not step.is_doable)
    if doable:
        yield "To do next:", doable
    if waiting:
        yield "Not yet:" if doable else "Still missing:", waiting


def _said(step: Step) -> str:
    """A step with why what was done does not do; that nothing was done yet goes without saying."""
    if not step.is_doable:
        return f"{step.text}. {step.why}"
    return step.text if step.reason == "no_evidence" else f"{step.text}. {step.why} {step.mend}".rstrip()


def _benefit(program: Program, *, is_own: bool) -> str:
    benefit = program.about.benefit
    said = benefit.learner if is_own else benefit.company
    return f"What it is good for: {said}" if said else ""


def _when(deadline: Deadline, today: date) -> str:
    word = "due" if deadline.kind == "due" else "expires"
    if today > deadline.day:
        word = "was due" if deadline.kind == "due" else "expired"
    elif today == deadline.day:
        return f"{word} today"
    return f"{word} {day_words(deadline.day)}"


def _sentence(title: str, who: str, deadline: Deadline, today: date, *, is_own: bool) -> str:
    day, days = day_words(deadline.day), abs((deadline.day - today).days)
    count = "1 day" if days == 1 else f"{days} days"
    if deadline.kind == "due":
        subject = f"You have not completed {title}" if is_own else f"{who} has not completed {title}"
    else:
        subject = f"Your {title} must be renewed" if is_own else f"The {title} of {who} must be renewed"
    if today < deadline.day:
        return f"{subject}. The last good day is {day}, in {count}."
    if today == deadline.day:
        return f"{subject}. The last good day is today, {day}."
    return f"{subject}. The last good day was {day}, {count} ago."


def _why(role: str, who: str) -> str:
    if role == LEARNER:
        return "You get this because the program asks it of you. Who is told when:"
    place = {"manager": f"as manager of {who}", "skip-manager": f"as manager of the manager of {who}"}
    return f"You get this {place.get(role, f'as {role}')}. Who is told when:"
