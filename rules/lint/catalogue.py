"""Every rule of lint, with why it is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from rules.lint import care, dead, people, reach, times, unused, weight
from rules.lint.ground import Finding, Ground, Rule, each

RULES: Final = (
    Rule(
        "too-many-required",
        f"a requirement or a tier that asks for more than {weight.MOST_REQUIRED} things",
        "Few hard rules that are held to beat many that are not.",
        each(weight.too_many_required),
    ),
    Rule(
        "too-many-tiers",
        f"a program of more than {weight.MOST_TIERS} tiers",
        "A modest scheme that is administered beats a grand one that falls apart.",
        each(weight.too_many_tiers),
    ),
    Rule(
        "dead-criterion",
        "a part of an `any` that only repeats a weaker one, or of an `all` that another part asks for already",
        "It reads as if it mattered, and nobody's verdict would be another without it.",
        each(dead.dead_criterion),
    ),
    Rule(
        "contradiction",
        "an `all` with a `not` of what another part asks for",
        "Whoever does the one fails the other: only a waiver lets anybody through.",
        each(dead.contradiction),
    ),
    Rule("n-of-all", "`n_of` with the length of its list", "`all` says the same, and says it.", each(dead.n_of_all)),
    Rule(
        "unreachable",
        "a criterion whose activity or verb has no IRI, or an `n_of` of more activities than it names",
        "Nobody can ever meet it, and the program only looks as if it certified.",
        each(reach.unreachable),
    ),
    Rule(
        "tier-never-reached",
        "a tier after one that cannot be met",
        "Its due dates pass for everybody.",
        each(reach.tier_never_reached),
    ),
    Rule(
        "after-an-alternative",
        "`after` a criterion that is one of several ways",
        "Whoever takes another way waits for ever.",
        each(reach.after_an_alternative),
    ),
    Rule(
        "accepted-for-a-group",
        "`accept` that names a group under `for`",
        "Only a criterion without parts can be stood in for: what is accepted would count for nothing.",
        each(reach.accepted_for_a_group),
    ),
    Rule(
        "between-too-late",
        "`between` that opens after the due date, after the award has ended, or after the renewal has closed",
        "People become overdue, or lapse, by doing as they are told.",
        each(reach.between_too_late),
    ),
    Rule(
        "source-without-activities",
        "a source that no IRI of any activity is for",
        "Everything it sends is kept, and counts for nothing.",
        reach.source_without_activities,
    ),
    Rule(
        "attempts-outlast-validity",
        "`attempts.per` longer than the award",
        "Tries for one award use up those for the next.",
        each(times.attempts_outlast_validity),
    ),
    Rule(
        "window-outlasts-validity",
        "a renewal window as long as the award, or longer",
        "The award may be renewed on the day it is given.",
        each(times.window_outlasts_validity),
    ),
    Rule(
        "grace-outlasts-validity",
        "a grace longer than the award",
        "People would be without a valid award for longer than with one.",
        each(times.grace_outlasts_validity),
    ),
    Rule(
        "waiver-outlasts-validity",
        "waivers longer than the award",
        "Somebody may never have to show anything.",
        each(times.waiver_outlasts_validity),
    ),
    Rule(
        "required-without-due",
        "a required program or tier without a due date",
        "What is never due is never done.",
        each(care.required_without_due),
    ),
    Rule(
        "no-owner", "a program without `review.owner`", "A program nobody looks after falls apart.", each(care.no_owner)
    ),
    Rule(
        "no-review",
        "a program without `review.every`",
        "Feedback becomes a revision only on a day that is set.",
        each(care.no_review),
    ),
    Rule(
        "far-future",
        "a version that takes effect more than a year from now",
        "It is more often a wrong year than a long plan.",
        each(care.far_future),
    ),
    Rule(
        "unknown-name",
        "a job, level, site, unit or employment that no position has, or somebody to be told or asked who is nobody (needs people)",
        "A misspelt job assigns nobody, lets nobody sign off and tells nobody, and nothing else says so.",
        people.unknown_names,
    ),
    Rule(
        "other-case",
        "a job, level, site, unit or employment that somebody has in other capitals (needs people)",
        "`operator` is not `Operator`: some are left out, and since others are in, nobody notices.",
        each(people.other_case),
    ),
    Rule(
        "empty-audience",
        "an audience in which nobody is or will be (needs people)",
        "The program is published, and nobody is assigned.",
        each(people.empty_audience),
    ),
    Rule(
        "overdue-at-once",
        "a due date that counts from `role_start` or `hired` without `floor`, and was over before `effective` for some (needs people)",
        "Whoever has been here for years is overdue on the first day, and their managers are told.",
        each(people.overdue_at_once),
    ),
    Rule(
        "too-much-at-once",
        f"people who have to show more than {people.MOST_AT_ONCE} things for all programs together (needs people)",
        "Each program is modest; their sum is not.",
        people.too_much_at_once,
    ),
    Rule(
        "unused-activity",
        "an activity that no program asks for, and that counts for none",
        "What is done there counts for nothing.",
        unused.unused_activity,
    ),
    Rule("unused-verb", "a verb that no program asks for", "It was renamed, or never used.", unused.unused_verb),
    Rule(
        "unused-escalation",
        "a ladder that no program climbs",
        "Deadlines pass, and nobody is told.",
        unused.unused_escalation,
    ),
)


def lint(ground: Ground, ignore: Collection[str] = ()) -> list[tuple[Rule, Finding]]:
    """Everything the rules find, in the order in which it was written."""
    found: Iterable[tuple[Rule, Finding]] = (
        (rule, finding) for rule in RULES if rule.id not in ignore for finding in rule.check(ground)
    )
    return sorted(found, key=lambda pair: (pair[1].file, pair[1].line, pair[1].column, pair[0].id))
