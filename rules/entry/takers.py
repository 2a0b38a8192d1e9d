"""Which programs take a sign-off of something, whose word each of them takes, and whether it takes that of whoever is looking.

Told before the word is given, from the facts, by the rule that judges observers; what became of it is `rules.entry.weighing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lrs.prowess import Prowess
from rules.decide import Facts, decide
from rules.decide.zones import Zones
from rules.entry.open_pairs import held
from rules.entry.outstanding import sign_offs
from rules.entry.rights import Enterer
from rules.entry.witness import Witness
from rules.explain.reasons import in_words, mending
from rules.explain.requirement import Wording
from rules.facts.reader import FactsReader
from rules.language import Program, Ruleset
from rules.language.model import Leaf
from rules.language.vocabulary import ASKED
from rules.published.in_force import program_of


@dataclass(frozen=True, slots=True)
class Taker:
    """program: its title; who: whose word it takes, in words; objection: why not that of whoever is looking, else empty.

    is_asked: whether the program asks it of the learner now; of no learner, whether it asks anybody.
    """

    program: str
    who: str
    objection: str = ""
    is_asked: bool = True


def takers_from(ruleset: Ruleset, activity: str, now: int) -> list[Taker]:
    """The programs in force that take it from anybody about somebody, by title."""
    versions = (program_of(ruleset, id_, now) for id_ in ruleset.programs)
    found = [
        Taker(version.title or version.id, Wording(ruleset, version).observers(leaf.terms.by))
        for version in versions
        if version is not None
        for leaf in _of(version, activity)
    ]
    return _in_order(found)


def takers_about(
    prowess: Prowess, tenant_id: int, ruleset: Ruleset, who: Enterer, activity: str, learner: str
) -> list[Taker]:
    """Those that judge a learner by it: what is asked of them first.  learner: the id of somebody who is known."""
    facts = FactsReader(prowess.database, prowess.people).read(tenant_id, ruleset, [learner])[learner]
    now = prowess.clock.now()
    with prowess.database.read() as conn:
        witness = Witness(who.person, held(conn, tenant_id, who.id, now) if who.id else frozenset(), now)
    found: list[Taker] = []
    for id_, versions in ruleset.programs.items():
        if any(_of(version, activity) for version in versions):
            found += _of_program(ruleset, id_, facts, witness, activity)
    return _in_order(found)


def _of_program(ruleset: Ruleset, id_: str, facts: Facts, witness: Witness, activity: str) -> Iterable[Taker]:
    """By the version that judges the learner."""
    decided = decide(ruleset, id_, facts, as_of=witness.now).as_json()
    version = next((one for one in ruleset.programs[id_] if one.version == decided["version"]), None)
    if version is None:
        return
    day = Zones(version.timezone, facts).day_at(witness.now)
    for leaf in _of(version, activity):
        code = witness.objection(facts.person, leaf, day)
        why = " ".join(filter(None, (in_words(code), mending(code)))) if code else ""
        said = Wording(ruleset, version).observers(leaf.terms.by)
        yield Taker(version.title or id_, said, why, decided["assignment"] in ASKED)


def _of(version: Program, activity: str) -> list[Leaf]:
    return [leaf for leaf in sign_offs(version) if leaf.activity == activity]


def _in_order(found: Iterable[Taker]) -> list[Taker]:
    """Each once: a renewal may ask for the very same."""
    return sorted(dict.fromkeys(found), key=lambda one: (not one.is_asked, one.program.lower(), one.who))
