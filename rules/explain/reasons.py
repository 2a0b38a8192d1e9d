"""What each reason code means: why something does not count, and what to do about it.  The only place that says so.

Codes are for programs and never change; sentences are for people and may.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """A code in words, and the next step that mends it; empty where nothing is to be done."""

    text: str
    mend: str = ""


REASONS: Final[dict[str, Reason]] = {
    # Why a statement was not used
    "score_below_min": Reason("The score is below what is asked for.", "Try again, and reach the score."),
    "failed": Reason("It was not passed.", "Try again."),
    "declined": Reason("The certificate was reviewed and not accepted.", "Ask the reviewer why, or hand in another."),
    "unscalable": Reason(
        "Nobody can tell what the score is worth: it came without its scale.",
        "Ask an administrator to look at the source that sent it.",
    ),
    "no_score": Reason(
        "No score came with it, and one is asked for.",
        "Ask who runs the test for the score: the system that keeps it has to send it.",
    ),
    "not_reviewed": Reason("It was handed in and waits for its review.", "Nothing: a reviewer has to look at it."),
    "voided": Reason("The statement was taken back."),
    "duplicate": Reason("The same thing was reported before."),
    "untrusted_source": Reason(
        "It came from a system whose word does not count for this.",
        "An administrator enters it here, or trusts the source (governs: true).",
    ),
    "untyped_parent": Reason(
        "It is the result of an attempt, and does not say at what: the type of the quiz or assignment is missing.",
        "Whoever looks after the LMS has it send definition.type of the attempt and of its parent.",
    ),
    "superseded": Reason("A later result counts instead.", "Do it again, and well: the latest result decides."),
    "not_first": Reason("Only the first result counts.", "Ask whoever runs the program what to do."),
    "taken_back": Reason("The completion was taken back later.", "Complete it again."),
    "too_old": Reason("It is from too long ago.", "Do it again."),
    "too_early": Reason("It was done before the time in which it counts.", "Do it again, now that it counts."),
    "not_begun": Reason("The certificate does not hold yet.", "Nothing: it counts from its first day."),
    "too_late": Reason("It was done after the time in which it counts.", "Ask who runs the program what to do."),
    "out_of_order": Reason("It was done before the step that comes first.", "Do it again, now that its turn has come."),
    "before_assignment": Reason("It was done before the program was assigned.", "Do it again."),
    "cooldown": Reason("It came too soon after the try before.", "Wait, then try again."),
    "attempts_used_up": Reason("It was one try too many.", "Ask who runs the program what to do."),
    "wrong_issuer": Reason("The certificate is from somebody else than asked for.", "Hand in one of the right issuer."),
    "not_accredited": Reason(
        "Its credits are not accredited by whom the program asks for.", "Collect credits that are."
    ),
    "not_proctored": Reason("Nobody watched the test.", "Take it again with a proctor."),
    "proctor_not_allowed": Reason("Whoever watched the test may not.", "Take it again with a proctor who may."),
    "critical_item_failed": Reason("A critical item of the checklist was not shown.", "Show it again."),
    "rubric_incomplete": Reason("Items of the checklist are missing.", "Show what is missing."),
    "observer_unknown": Reason(
        "Nobody knows who the observer is.", "An administrator names the observer among the people."
    ),
    "self_observed": Reason("Nobody signs off for themselves.", "Ask somebody else to watch and sign."),
    "observer_excluded": Reason(
        "The observer is somebody whose word does not count here.", "Ask somebody else to watch and sign."
    ),
    "wrong_relation": Reason(
        "The observer does not have the relation that is asked for.", "Ask somebody who has it, such as the manager."
    ),
    "wrong_job": Reason("The observer's job on that day does not count.", "Ask somebody whose job does."),
    "observer_not_certified": Reason(
        "The observer was not certified on that day.", "Ask an observer who is certified to watch and sign."
    ),
    "not_asked": Reason(
        "Something else was reported of it than what is asked for.",
        "Do what is asked for; if what was done should count, ask who runs the program (done:).",
    ),
    # What is missing
    "no_evidence": Reason("Nothing has been reported yet."),
    "waits_for_step_before": Reason("It counts only once the step before is done.", "Do the step before first."),
    "not_held": Reason("The other certificate is not valid now."),
    "no_samples": Reason(
        "The figure has not arrived yet.", "You need do nothing: it is sent by those who keep the figures."
    ),
    "too_few_samples": Reason("There are too few values to judge by.", "Nothing: more values have to come in."),
    "out_of_bounds": Reason("The values are outside of what is asked for."),
    "happened": Reason("Something happened that must not have."),
    "needs_more": Reason("Not enough of it is done."),
    # Why an act of office does not count
    "no_reason": Reason("It gives no reason.", "Enter it again with a reason."),
    "unreadable": Reason("Its dates cannot be read.", "Enter it again with a date such as 2026-01-31."),
    "not_waivable": Reason("The program lets nobody waive anything.", "Give the program a waive:, or extend instead."),
    "not_authorized": Reason(
        "Whoever answers for it does not have the job that the program asks for.", "Let somebody who has it enter it."
    ),
    "waiver_too_long": Reason("It is longer than the program allows.", "Enter a shorter one."),
    # Why nothing can be done now
    "window_not_open": Reason("The time for it has not come yet.", "Wait until it opens."),
    "window_closed": Reason("The time for it is over.", "Ask who runs the program what to do."),
}


def in_words(code: str) -> str:
    """The sentence of a code; a code that nobody wrote a sentence for says itself."""
    found = REASONS.get(code)
    return found.text if found else code.replace("_", " ")


def mending(code: str) -> str:
    """What to do about it."""
    found = REASONS.get(code)
    return found.mend if found else ""
