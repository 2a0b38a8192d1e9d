"""Reads one leaf of a requirement: what has to be shown, and under which terms evidence of it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from rules.language.activity import level_of
from rules.language.entry import Entry
from rules.language.model import PLAIN, Attempts, Credits, Holds, Kpi, Leaf, Observers, Rubric, Terms
from rules.language.period import Period
from rules.language.references import References
from rules.language.vocabulary import LEAF_NOTES

_COMMON = ("id", "waivable", *LEAF_NOTES)
_WHEN = ("max_age", "after", "between", "after_assignment")
_TEST = ("min_score", "score", "attempts", "proctored")
LEAF_KEYS: dict[str, tuple[str, ...]] = {
    "passed": (*_TEST, *_WHEN),
    "done": (*_TEST, *_WHEN),
    "completed": ("proctored", *_WHEN),
    "attended": ("proctored", *_WHEN),
    "responded": _WHEN,
    "signed_off": ("by", "rubric", "attempts", *_WHEN),
    "credential": ("issuer", "while_held", *_WHEN),
    "competent": ("min_score", "score", *_WHEN),
    "statement": ("min_score", "score", *_WHEN),
    "kpi": ("agg", "min", "max", "window", "min_samples"),
    "credits": ("while_held",),
    "holds": ("while_held",),
}
"""Which keys go with which leaf, besides those that go with all."""

RELATIONS = ("self", "manager", "direct-report", "peer")
_OBSERVER_KEYS = ("holds", "job", "relation", "not")
SCORES = ("best", "latest", "first")
AGGREGATES = ("mean", "sum", "min", "max", "latest")


class LeafReader:
    """Reads the leaves of one program; `name` gives each its id."""

    def __init__(self, program: str, references: References, name: Callable[[Entry | None, str], str]) -> None:
        self.program = program
        self.references = references
        self._name = name

    def leaf(self, kind: str, entry: Entry) -> Leaf | Kpi | Credits | Holds | None:
        fields = self._fields(kind, entry)
        if kind not in fields:
            entry.child(kind, None).fail(f"'{kind}' names nothing", key=True)
            return None
        notes = {key: fields[key].value for key in LEAF_NOTES if key in fields}
        self.references.of_drafts.append(lambda: _check_notes(fields))
        common: dict[str, Any] = {"notes": notes, "waivable": _boolean(fields, "waivable", otherwise=True)}
        if kind == "statement":
            return self._statement(fields, common)
        if kind == "credits":
            return self._credits(fields, common)
        name = fields[kind].text()
        if name is None:
            return None
        identity = self._name(fields.get("id"), f"{kind}:{name}")
        if kind == "holds":
            self.references.programs.append((self.program, fields[kind]))
            return Holds(identity, name, while_held=_boolean(fields, "while_held"), **common)
        self.references.activities.append(fields[kind])
        if kind == "kpi":
            return _kpi(identity, name, fields, common)
        if kind == "done":
            self.references.done.append(fields[kind])
        self._note_items(name, fields.get("rubric"))
        min_score = fields["min_score"].share() if "min_score" in fields else None
        common["while_held"] = _boolean(fields, "while_held")
        return Leaf(identity, kind, name, min_score, terms=self._terms(fields, identity), **common)  # type: ignore[arg-type]  # kind is one of LEAVES

    def _fields(self, kind: str, entry: Entry) -> dict[str, Entry]:
        """The keys of a leaf; one that belongs to other leaves is told which."""
        known = (kind, *_COMMON, *LEAF_KEYS[kind])
        foreign = {key: [other for other, keys in LEAF_KEYS.items() if key in keys] for key in entry.members()}
        foreign = {key: others for key, others in foreign.items() if others and key not in known}
        for key, others in foreign.items():
            leaves = ", ".join(f"{other}:" for other in others)
            entry.child(key, None).fail(f"'{key}' does not go with {kind}:", hint=f"it goes with {leaves}", key=True)
        mine = {key: value for key, value in entry.value.items() if key not in foreign}
        return Entry(entry.document, entry.errors, entry.at, mine).fields(known, f"'{kind}'")

    def _note_items(self, activity: str, rubric: Entry | None) -> None:
        """Critical items are looked up in the activity's checklist: one that is not there could never be ticked."""
        critical = rubric.value.get("critical") if rubric is not None and isinstance(rubric.value, dict) else None
        if rubric is not None and critical is not None:
            items = rubric.child("critical", critical).one_or_more()
            self.references.rubrics += [(activity, item) for item in items if isinstance(item.value, str)]

    def event(self, entry: Entry, identity: str) -> Leaf | None:
        """A statement by its verb and its object, as `suspend: {when: …}` names it."""
        named = self._verb_and_object(entry)
        return Leaf(identity, "statement", named[1], verb=named[0]) if named else None

    def _statement(self, fields: dict[str, Entry], common: dict[str, Any]) -> Leaf | None:
        named = self._verb_and_object(fields["statement"])
        if named is None:
            return None
        identity = self._name(fields.get("id"), f"statement:{named[0]}:{named[1]}")
        min_score = fields["min_score"].share() if "min_score" in fields else None
        return Leaf(
            identity, "statement", named[1], min_score, verb=named[0], terms=self._terms(fields, identity), **common
        )

    def _verb_and_object(self, entry: Entry) -> tuple[str, str] | None:
        fields = entry.fields(("verb", "object"), "a statement")
        for key in ("verb", "object"):
            if key not in fields and isinstance(entry.value, dict):
                entry.fail(f"a statement needs its {key}", hint="for example {verb: attended, object: ehs/briefing}")
        if len(fields) < 2:
            return None
        self.references.verbs.append(fields["verb"])
        self.references.activities.append(fields["object"])
        verb, target = fields["verb"].text(), fields["object"].text()
        return (verb, target) if verb and target else None

    def _terms(self, fields: dict[str, Entry], identity: str) -> Terms:
        after = fields["after"].text() if "after" in fields else None
        if after is not None:
            self.references.criteria.append((identity, fields["after"]))
        if "between" in fields and "after" not in fields:
            fields["between"].fail("'between' counts from another criterion", hint="name it with after:", key=True)
        terms = Terms(
            score=_choice(fields, "score", SCORES, "best"),
            attempts=_attempts(fields["attempts"]) if "attempts" in fields else None,
            proctored=self._proctored(fields.get("proctored")),
            max_age=fields["max_age"].period() if "max_age" in fields else None,
            after=after,
            between=_between(fields["between"]) if "between" in fields else None,
            after_assignment=_boolean(fields, "after_assignment"),
            by=self._observers(fields["by"], ("count", "mean")) if "by" in fields else None,
            rubric=_rubric(fields["rubric"]) if "rubric" in fields else None,
            issuer=fields["issuer"].text() if "issuer" in fields else None,
        )
        return PLAIN if terms == PLAIN else terms

    def _proctored(self, entry: Entry | None) -> Observers | None:
        """`true`: any proctor; otherwise who may be one."""
        if entry is None:
            return None
        if isinstance(entry.value, dict):
            return self._observers(entry, ())
        return Observers() if entry.boolean() else None

    def _observers(self, entry: Entry, more: tuple[str, ...]) -> Observers:
        fields = entry.fields((*_OBSERVER_KEYS, *more), "this")
        if isinstance(entry.value, dict) and not fields:
            entry.fail("this names nobody", hint="for example {holds: forklift-evaluator, not: [self]}")
        if "holds" in fields:
            self.references.programs.append((self.program, fields["holds"]))
        mean = fields["mean"].number() if "mean" in fields else None
        return Observers(
            holds=fields["holds"].text() if "holds" in fields else None,
            jobs=_texts(fields, "job"),
            relations=_relations(fields, "relation"),
            exclude=_relations(fields, "not"),
            count=(fields["count"].integer(1) if "count" in fields else None) or 1,
            mean=mean,
        )

    def _credits(self, fields: dict[str, Entry], common: dict[str, Any]) -> Credits | None:
        entry = fields["credits"]
        own = entry.fields(("type", "min", "window", "carry_over", "accredited_by"), "'credits'")
        for key in ("type", "min"):
            if key not in own and isinstance(entry.value, dict):
                entry.fail(f"'credits' needs {key}", hint="for example {credits: {type: CEU, min: 1.5}}")
        kind = own["type"].text() if "type" in own else None
        least = _positive(own["min"]) if "min" in own else None
        if kind is None or least is None:
            return None
        return Credits(
            self._name(fields.get("id"), f"credits:{kind}"),
            kind,
            least,
            own["window"].period() if "window" in own else None,
            (_positive(own["carry_over"]) if "carry_over" in own else None) or Decimal(0),
            _texts(own, "accredited_by"),
            while_held=_boolean(fields, "while_held"),
            **common,
        )


def _check_notes(fields: Mapping[str, Entry]) -> None:
    """How it is taught, in the shapes in which an activity says it."""
    for key in ("method", "design"):
        for one in fields[key].one_or_more() if key in fields else ():
            one.text()
    if "kirkpatrick" in fields:
        fields["kirkpatrick"].parsed(level_of, "a level from 1 to 4")


def _kpi(identity: str, name: str, fields: dict[str, Entry], common: dict[str, Any]) -> Kpi:
    if not fields.keys() & {"min", "max"}:
        fields["kpi"].fail("an indicator needs a bound", hint="min: or max:", key=True)
    least = fields["min"].number() if "min" in fields else None
    most = fields["max"].number() if "max" in fields else None
    if least is not None and most is not None and most < least:
        fields["max"].fail(f"nothing is at least {least:f} and at most {most:f}")
    return Kpi(
        identity,
        name,
        _choice(fields, "agg", AGGREGATES, "latest"),
        least,
        most,
        fields["window"].period() if "window" in fields else None,
        (fields["min_samples"].integer(1) if "min_samples" in fields else None) or 1,
        **common,
    )


def _attempts(entry: Entry) -> Attempts:
    fields = entry.fields(("max", "per", "cooldown"), "'attempts'", alone="max")
    if isinstance(entry.value, dict) and not fields.keys() & {"max", "cooldown"}:
        entry.fail("this limits nothing", hint="for example {max: 3, per: P90D, cooldown: P7D}")
    if "per" in fields and "max" not in fields:
        fields["per"].fail("'per' goes with max", key=True)
    return Attempts(
        fields["max"].integer(1) if "max" in fields else None,
        fields["per"].period() if "per" in fields else None,
        fields["cooldown"].period() if "cooldown" in fields else None,
    )


def _between(entry: Entry) -> tuple[Period, Period] | None:
    items = list(entry.items())
    if len(items) != 2:
        entry.fail("expected two periods, such as [P60D, P120D]")
        return None
    first, last = items[0].period(zero=True), items[1].period()
    if first is None or last is None:
        return None
    if (last.us, last.months * 31 + last.days) < (first.us, first.months * 28 + first.days):
        items[1].fail("this window ends before it begins")
    return first, last


def _rubric(entry: Entry) -> Rubric:
    fields = entry.fields(("items", "critical"), "'rubric'")
    items: Any = None
    if "items" in fields:
        items = fields["items"].parsed(_items, "all, or a whole number from 1 on")
    return Rubric(items, _texts(fields, "critical"))


def _items(value: Any) -> Any:
    return value if value == "all" or (type(value) is int and value > 0) else None


def _texts(fields: dict[str, Entry], key: str) -> tuple[str, ...]:
    if key not in fields:
        return ()
    if fields[key].value == []:
        fields[key].fail("an empty list names nothing")
    return tuple(text for item in fields[key].one_or_more() if (text := item.text()) is not None)


def _relations(fields: dict[str, Entry], key: str) -> tuple[Any, ...]:
    if key not in fields:
        return ()
    return tuple(found for item in fields[key].one_or_more() if (found := item.choice(RELATIONS)))


def _choice(fields: dict[str, Entry], key: str, options: tuple[str, ...], otherwise: str) -> Any:
    return (fields[key].choice(options) if key in fields else None) or otherwise


def _boolean(fields: dict[str, Entry], key: str, *, otherwise: bool = False) -> bool:
    found = fields[key].boolean() if key in fields else None
    return otherwise if found is None else found


def _positive(entry: Entry) -> Decimal | None:
    number = entry.number()
    if number is not None and number <= 0:
        entry.fail("this must be more than nothing")
    return number
