"""What can happen in a history.  Every step is plain data and can be played wherever it stands, so that any can be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tests.histories.documents import Condition, Content, Shelf
from tests.histories.play import Run
from tests.histories.stores import CLIENTS, Crash, Fault, Here
from tests.store.model import Statement
from tests.store.rebuilding import employ, publish


class Step(Protocol):
    """Something that happens."""

    def play(self, run: Run) -> None: ...


def smaller(step: Step) -> Iterator[Step]:
    """The same step with less in it, the smallest first."""
    if isinstance(step, Send):
        for place in range(len(step.statements)):
            if len(step.statements) > 1:
                yield replace(step, statements=step.statements[:place] + step.statements[place + 1 :])
        if step.fault is not None:
            yield replace(step, fault=None)
        if step.times > 1:
            yield replace(step, times=step.times - 1)
    elif isinstance(step, Together):
        for place in range(len(step.sends)):
            if len(step.sends) > 1:
                yield replace(step, sends=step.sends[:place] + step.sends[place + 1 :])
        if len(step.sends) == 1:
            yield step.sends[0]
    elif isinstance(step, Ask) and step.question:
        for name in step.question:
            yield replace(step, question={key: value for key, value in step.question.items() if key != name})


@dataclass(frozen=True)
class Send:
    """A client sends statements; how: `batch`, `one` or `put`.  fault: the first answer is lost in a crash.

    times: how often the client sends the same again, as who has not heard an answer does.
    """

    client: int
    statements: tuple[Statement, ...]
    how: str = "batch"
    with_data: bool = False
    times: int = 1
    fault: Fault | None = None

    def play(self, run: Run) -> None:
        for turn in range(self.times):
            fault = None if turn else self.fault
            run.send(self.client, self.statements, self.how, with_data=self.with_data, fault=fault)


@dataclass(frozen=True)
class Together:
    """Clients send at once, and who comes first waits for the database."""

    sends: tuple[Send, ...]

    def play(self, run: Run) -> None:
        run.send_together([(one.client, one.statements, one.how) for one in self.sends])


@dataclass(frozen=True)
class Bound:
    """An end of what is asked for: the `stored` of a statement, or a moment up to which the store said it was consistent.

    number: which one of those that are known then.
    """

    of: str
    number: int

    def found(self, run: Run, client: int) -> tuple[int, str] | None:
        """The place of the last statement up to there, and the text; None while there is nothing to count from."""
        if self.of == "mark" and run.marks:
            mark = run.marks[self.number % len(run.marks)]
            return mark.places[CLIENTS[client].tenant] - 1, mark.text
        known = run.tenant(client).statements.statements
        if self.of == "mark" or not known:
            return None
        place = self.number % len(known)
        return place, run.stored(client, place)


@dataclass(frozen=True)
class Ask:
    """A client asks and gets the first page; name: under which it may read on."""

    client: int
    name: int
    question: dict[str, Any]
    ascending: bool = False
    limit: int = 0
    since: Bound | None = None
    until: Bound | None = None
    with_data: bool = False

    def play(self, run: Run) -> None:
        reader = run.reader(
            self.client, self.question, ascending=self.ascending, limit=self.limit, with_data=self.with_data
        )
        bounds = {}
        if self.since is not None and (found := self.since.found(run, self.client)):
            reader.since, bounds["since"] = found
        if self.until is not None and (found := self.until.found(run, self.client)):
            reader.until, bounds["until"] = min(reader.until, found[0]), found[1]
        run.readers[self.name] = reader
        run.read_first(reader, bounds)


@dataclass(frozen=True)
class ReadOn:
    """Whoever asked turns the page, whatever happened meanwhile."""

    name: int

    def play(self, run: Run) -> None:
        if self.name in run.readers:
            run.read_on(run.readers[self.name])


@dataclass(frozen=True)
class Steal:
    """Somebody of another tenant follows the link."""

    client: int
    name: int

    def play(self, run: Run) -> None:
        reader = run.readers.get(self.name)
        if reader and reader.more and CLIENTS[reader.client].tenant != CLIENTS[self.client].tenant:
            answer = run.ask(self.client, "GET", reader.more.removeprefix("/xapi"))
            assert answer.status_code == 400, answer.content


@dataclass(frozen=True)
class Look:
    """A client asks for one statement, voided or not."""

    client: int
    id: str

    def play(self, run: Run) -> None:
        run.check_id(self.client, self.id)


@dataclass(frozen=True)
class Change:
    """A client puts, posts or deletes a document, or all of a state."""

    client: int
    method: str
    shelf: Shelf
    name: str | None
    sent: Content | None = None
    condition: Condition | None = None
    fault: Fault | None = None

    def play(self, run: Run) -> None:
        run.change(
            self.client, self.method, self.shelf, self.name, self.sent, condition=self.condition, fault=self.fault
        )


@dataclass(frozen=True)
class Fetch:
    client: int
    shelf: Shelf
    name: str
    has_it: bool

    def play(self, run: Run) -> None:
        run.check_document(self.client, self.shelf, self.name, has_it=self.has_it)


@dataclass(frozen=True)
class Names:
    """A client lists a shelf: all of it, or what changed since a moment."""

    client: int
    shelf: Shelf
    since: int | None

    def play(self, run: Run) -> None:
        mark = None if self.since is None or not run.marks else run.marks[self.since % len(run.marks)]
        run.check_names(self.client, self.shelf, mark)


@dataclass(frozen=True)
class Work:
    """What is to be done behind the requests is done, or broken off."""

    fault: Fault | None = None

    def play(self, run: Run) -> None:
        run.work(self.fault)


@dataclass(frozen=True)
class Jump:
    """The clock goes, forwards or backwards."""

    seconds: float

    def play(self, run: Run) -> None:
        run.store.jump(self.seconds)


@dataclass(frozen=True)
class Restart:
    clean: bool

    def play(self, run: Run) -> None:
        run.store.restart(clean=self.clean)


@dataclass(frozen=True)
class Publish:
    """Programs are applied, where there are rules."""

    programs: str
    fault: Fault | None = None

    def play(self, run: Run) -> None:
        _administer(run, self.fault, lambda store: publish(store.prowess, self.programs))


@dataclass(frozen=True)
class Employ:
    """The organisation tells its people, where there are rules; manager: whose ada is."""

    manager: str
    fault: Fault | None = None

    def play(self, run: Run) -> None:
        _administer(run, self.fault, lambda store: employ(store.prowess, self.manager))


def _administer(run: Run, fault: Fault | None, act: Any) -> None:
    """What an administrator does, and does again when the answer was lost."""
    if not isinstance(run.store, Here) or not run.store.has_rules:
        return
    try:
        with run.store.dying(fault):
            act(run.store)
    except Crash:
        run.store.restart(clean=False)
        act(run.store)


Script = Sequence[Step]
