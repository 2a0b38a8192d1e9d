"""What a badge is for: one version of a program as an Open Badges 3.0 Achievement.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rules.explain.program import Part, curriculum, terms
from rules.explain.requirement import Clause
from rules.language import Program, Ruleset
from rules.language.award import Alignment, Award
from rules.language.model import Leaf
from rules.language.walk import paths_of, walk
from rules.recognition.addresses import Addresses

CONTEXT: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
"""In this order (Open Badges 3.0, AchievementCredential `@context`)."""
_TYPES: Final = (
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "Badge",
    "BachelorDegree",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CommunityService",
    "Competency",
    "Course",
    "CoCurricular",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "Membership",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "MasterCertificate",
    "MasterDegree",
    "MicroCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
)
"""The terms of AchievementType; others are written `ext:…`."""
_NO_LETTERS: Final = re.compile(r"[^A-Za-z0-9._-]+")
"""What an extension of the vocabulary may not have."""
_TARGETS: Final = {"CASE": "CFItem", "CTDL": "CTDL"}
"""Types of alignments by the framework that has them."""
_UNASKED: Final = ("Suggested", "What suspends it", "What ends that")
"""Beginnings of titles of parts of a program that nobody has to do."""
_SAID: Final = ("Good for", "Renewal")
"""Terms of a program that say something about its award."""


def achievement(program: Program, ruleset: Ruleset, award: Award, addresses: Addresses) -> dict[str, Any]:
    """The object, as it stands in credentials and at its own address."""
    address = addresses.achievement(program.id, program.version)
    said: dict[str, Any] = {
        "id": address,
        "type": ["Achievement"],
        "achievementType": type_of(program, award),
        "name": program.title,
        "humanCode": award.badge,
        "version": str(program.version),
        "description": description(program),
        "criteria": {"id": address, "narrative": narrative(program, ruleset)},
        "image": {"id": addresses.picture(program.id, program.version), "type": "Image", "caption": program.title},
    }
    if award.align:
        said["alignment"] = [_alignment(one) for one in award.align]
    if has_scores(program):
        said["resultDescription"] = [
            {"id": result_id(address), "type": ["ResultDescription"], "name": "Score", "resultType": "Percent"}
        ]
    return said


def result_id(address: str) -> str:
    """What a score in a credential refers to."""
    return f"{address}#score"


def type_of(program: Program, award: Award) -> str:
    """`award.type` in the words of AchievementType, whatever its letters; without one by the kind of program."""
    if award.type is None:
        return "Certification" if program.kind == "certification" else "CertificateOfCompletion"
    known = {one.lower(): one for one in _TYPES}
    extension = _NO_LETTERS.sub("-", award.type.removeprefix("ext:")).strip("-") or "Award"
    return known.get("".join(award.type.split()).lower()) or f"ext:{extension}"


def description(program: Program) -> str:
    """What the program says of itself, else what it is worth to the learner, else its title."""
    about = program.about
    return about.description or about.benefit.learner or program.title


def has_scores(program: Program) -> bool:
    return any(isinstance(node, Leaf) and node.min_score is not None for node in walk(paths_of(program)))


def narrative(program: Program, ruleset: Ruleset) -> str:
    """What it takes, in Markdown: each part with its criteria, and how long the award is good."""
    lines = [line for part in asked(program, ruleset) for line in _part(part)]
    lines += [f"**{name}:** {text}" for name, text in terms(program) if name in _SAID]
    return "\n".join(lines)


def asked(program: Program, ruleset: Ruleset) -> list[Part]:
    """The parts of a program that the award rests on."""
    return [part for part in curriculum(ruleset, program) if not part.title.startswith(_UNASKED)]


def _part(part: Part) -> Iterator[str]:
    yield f"**{part.title}**{f' ({part.remark})' if part.remark else ''}"
    yield ""
    yield from _list(part.clauses, 0)
    yield ""


def _list(clauses: Iterable[Clause], depth: int) -> Iterator[str]:
    for one in clauses:
        yield f"{'  ' * depth}- {one.text}{':' if one.parts else ''}"
        yield from _list(one.parts, depth + 1)


def _alignment(one: Alignment) -> dict[str, Any]:
    last = one.url.rstrip("/").rpartition("/")[2]
    said = {"type": ["Alignment"], "targetName": " ".join(filter(None, (one.framework, last))), "targetUrl": one.url}
    if one.framework:
        said["targetFramework"] = one.framework
    if one.framework in _TARGETS:
        said["targetType"] = _TARGETS[one.framework]
    return said
