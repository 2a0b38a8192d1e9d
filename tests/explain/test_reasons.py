"""Every reason code has a sentence, and no sentence stands without its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from rules.explain.reasons import REASONS, in_words, mending

DECIDE = Path(__file__).resolve().parents[2] / "rules" / "decide"
SPEAKING = ("attempts", "blocking", "gaps", "leaves", "measures", "observers", "office", "proof", "record", "testimony")
"""The modules that say why something does not count."""

OTHER_WORDS = """
accepted accredited_by act acts all amendment amount answer aside ats attend attended begun best blocked carried cheapest competent
complete completed counted credential credit criteria criterion do done due_on endorsed exempted expires_on extended
f finish first for from held initial issued_on issuer kpi latest manager max mean met met_at min object of override parent pass passed
period proctored program reason reinstated rejected renewal responded result reviews revoked rows rubric samples self
signed_off statement sum suspended suspended_by text theirs times total tracks unmet until used valid value verdicts
version waived why
"""
"""What else these modules write between quotes: words of the language, keys, results."""


def words() -> Iterator[str]:
    for name in SPEAKING:
        tree = ast.parse((DECIDE / f"{name}.py").read_text("utf-8"))
        slots = {id(word) for node in ast.walk(tree) if _is_slots(node) for word in ast.walk(node)}
        for node in ast.walk(tree):
            if id(node) in slots:
                continue
            word = node.value if isinstance(node, ast.Constant) else None
            if isinstance(word, str) and re.fullmatch(r"[a-z]+(_[a-z]+)*", word):
                yield word


def _is_slots(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__slots__" for target in node.targets
    )


def test_every_code_that_the_core_can_give_has_a_sentence() -> None:
    found = set(words())
    assert found - set(OTHER_WORDS.split()) - REASONS.keys() == set(), "write a sentence in rules/explain/reasons.py"
    assert REASONS.keys() - found == {"not_asked", "no_samples"}, (
        "nobody gives these any more, but for what the account finds itself"
    )


def test_no_other_module_of_the_core_gives_reasons() -> None:
    silent = {path.stem for path in DECIDE.glob("*.py")} - set(SPEAKING)
    for name in silent:
        text = (DECIDE / f"{name}.py").read_text("utf-8")
        assert (
            not re.search(r'"(refused|rejected|reason)"', text.replace('said.get("reason")', "")) or name == "evidence"
        )


def test_sentences_are_sentences() -> None:
    for code, (text, mend) in REASONS.items():
        assert re.fullmatch(r"[A-Z].*\.", text), code
        assert not mend or re.fullmatch(r"[A-Z].*\.", mend), code
        assert "_" not in text + mend, code
    assert in_words("brand_new") == "brand new"
    assert mending("brand_new") == ""


def test_the_page_of_the_documentation_has_every_code() -> None:
    page = (DECIDE.parents[1] / "docs" / "pages.md").read_text("utf-8").partition("## Reason codes")[2]
    rows = "\n".join(f"| `{code}` | {text} | {mend} |" for code, (text, mend) in REASONS.items())
    assert rows in page, f"docs/pages.md should have these rows:\n{rows}"
