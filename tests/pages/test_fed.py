"""The page of an act of office says what became of it."""

from __future__ import annotations

from rules.explain.part import part_of
from tests.entry.desk import Office, fill_in, sound
from tests.pages.scene import settle


def test_the_page_of_an_act_that_does_not_count_could_not_be_shown(scene: Office) -> None:
    fill_in(scene.browser("root"), "/acts?person=ada&program=forklift&act=waive", reason="Because")
    settle(scene.served.prowess)
    (act,) = [one for one in scene.statements() if one["verb"]["id"].endswith("waived")]
    words = sound(scene.browser("mary").get(f"/statements/{act['id']}").text).words
    assert "Ada Byron Counterbalance forklift rejected: not authorized" in words


def test_the_part_of_an_act_in_a_proof() -> None:
    proof = {
        "acts": [
            {"act": "waived", "statement": "a", "until": None},
            {"act": "x", "statement": "b", "rejected": "no_reason"},
        ]
    }
    assert part_of(proof, "a") == (True, set())
    assert part_of(proof, "b") == (False, {"no_reason"})
    assert part_of(proof, "c") == (False, set())
