"""What a notice says, in plain words, as text and as HTML.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lrs.people.roster import Person
from rules.escalation.deadline import Deadline
from rules.explain.words import day_words
from rules.language import Program
from rules.language.escalation import LEARNER


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as its recipient reads it."""

    subject: str
    paragraphs: tuple[str, ...]
    missing: tuple[str, ...]
    footer: str
    url: str

    @property
    def text(self) -> str:
        parts = [*self.paragraphs]
        if self.missing:
            parts.append("Still missing:\n" + "\n".join(f"- {one}" for one in self.missing))
        return "\n\n".join([*parts, f"{self.footer}\n{self.url}"]) + "\n"

    @property
    def html(self) -> str:
        body = Markup("").join(Markup("<p>{}</p>\n").format(one) for one in self.paragraphs)
        if self.missing:
            items = Markup("").join(Markup("<li>{}</li>").format(one) for one in self.missing)
            body += Markup("<p>Still missing:</p>\n<ul>{}</ul>\n").format(items)
        return str(
            body + Markup('<p><small>{} <a href="{}">{}</a></small></p>\n').format(self.footer, self.url, self.url)
        )


def letter(
    *,
    program: Program,
    learner: Person,
    recipient: Person,
    role: str,
    deadline: Deadline,
    today: date,
    missing: Sequence[str],
    url: str,
) -> Letter:
    """The letter about a deadline to somebody; `today` is the recipient's."""
    title, who = program.title or program.id, learner.name or learner.id
    is_own = role == LEARNER
    when = _when(deadline, today)
    subject = f"{title}: {when}" if is_own else f"{title}: {who}, {when}"
    greeting = f"Dear {recipient.name or recipient.id},"
    return Letter(
        subject, (greeting, _sentence(title, who, deadline, today, is_own=is_own)), tuple(missing), _why(role, who), url
    )


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
