"""What becomes of badges as life goes on: renewals, late statements, people who are one, people who are forgotten."""

from __future__ import annotations

from lrs.erasure.erasing import erase
from rules import tables as r
from tests.entry.desk import Office
from tests.pages.scene import said, score, send, settle
from tests.recognition.scene import badge_of, badges_in, earn, later, void
from tests.recognition.test_public import ask
from tests.recognition.test_verified import fetching, now_of
from tests.recognition.verifying import verified


def told(office: Office, who: str = "bob") -> list[tuple[str, str, str | None]]:
    """The badges of somebody, newest first: from, state, why."""
    now = office.served.prowess.clock.now()
    return [
        (one.issued.document["valid_from"], one.state(now), one.issued.revoked)
        for one in badges_in(office).of(who, "forklift")
    ]


def test_a_renewal_is_another_badge_and_the_first_one_stays_to_its_day(office: Office) -> None:
    earn(office)
    later(office, days=320)
    renewed = (
        said("bob", "passed", "theory", "2027-05-10"),
        said("bob", "passed", "exam", "2027-05-11", **score(0.9)),
    )
    send(office, *renewed)
    assert told(office) == [("2027-05-11", "valid", None), ("2026-06-14", "valid", None)]
    later(office, days=60)
    assert told(office) == [("2027-05-11", "valid", None), ("2026-06-14", "expired", None)]


def test_an_earlier_pass_that_arrives_late_takes_the_place_of_the_badge(office: Office) -> None:
    earn(office)
    send(office, said("bob", "passed", "exam", "2026-06-11", **score(0.85)))
    assert told(office) == [("2026-06-11", "valid", None), ("2026-06-14", "revoked", "recomputed")]


def test_evidence_that_others_stand_in_for_still_revokes_what_it_was_built_on(office: Office) -> None:
    _, exam = earn(office)
    send(office, said("bob", "passed", "exam", "2026-06-20", **score(0.95)))
    void(office, exam)
    assert told(office) == [("2026-06-20", "valid", None), ("2026-06-14", "revoked", "evidence_voided")]


def test_the_badge_of_somebody_who_turned_out_to_be_somebody_else_goes_on_with_them(office: Office) -> None:
    _, exam = earn(office)
    token = badges_in(office).signed(badge_of(office))
    people = office.served.prowess.people
    people.merge("bob", "nemo")
    settle(office.served.prowess)
    verified(token, fetching(office), now_of(office))
    assert [state for _, state, _ in told(office, "nemo")] == ["valid"]
    void(office, exam)
    assert told(office) == [("2026-06-14", "revoked", "evidence_voided")]
    assert [why for *_, why in told(office, "nemo")] == ["evidence_voided"]


def test_the_badge_of_somebody_who_was_erased_is_shown_no_more_and_stays_verifiable(office: Office) -> None:
    earn(office, "gone")
    badge = badge_of(office, "gone")
    token = badges_in(office).signed(badge)
    prowess = office.served.prowess
    later(office, days=1)
    erase(prowess, "gone")
    settle(prowess)
    for form in ("", ".jwt", ".json", ".svg"):
        answer = ask(office, f"credentials/{badge.token}{form}")
        assert answer.status_code == 404
        assert "gone" not in answer.text.lower()
    verified(token, fetching(office), now_of(office), "gone@example.org")


def test_a_number_that_is_given_again_after_a_restore_is_another_badge(office: Office) -> None:
    """The page of a badge that was issued after the backup showed the badge of whoever came next."""
    earn(office)
    first = badge_of(office)
    log = r.decision_log
    prowess = office.served.prowess
    later = log.update().where(log.c.id == first.issued.number).values(decided_at=first.issued.at + 1)
    prowess.database.write(lambda conn: conn.execute(later))
    assert ask(office, f"credentials/{first.token}").status_code == 404
    assert badge_of(office).token != first.token
