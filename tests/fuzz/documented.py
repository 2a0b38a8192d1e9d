"""Requests that schemathesis makes of the OpenAPI document, and answers held to what the document says of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.campaign import Result
from tests.fuzz.installation import Installation

CHECKS_WITHOUT_BODY: Final = (not_a_server_error, status_code_conformance)
CHECKS: Final = (*CHECKS_WITHOUT_BODY, content_type_conformance, response_schema_conformance)
EXAMPLES: Final = 8
"""Requests of one operation before the next one's turn."""


def run(made: Installation, seed: int, seconds: float, failures: Path, most: int | None = None) -> Result:
    """Round after round of every operation until the time is over, or `most` of them had their turn."""
    result, started = Result(), monotonic()
    schema = schemathesis.openapi.from_dict(made.openapi)
    operations = [found.ok() for found in schema.get_all_operations()]
    Random(seed).shuffle(operations)
    with requests.Session() as session:
        session.trust_env = False
        for number, operation in islice(_rounds(operations), most):
            if monotonic() - started > seconds or not made.is_alive():
                break
            _try(made, session, operation, seed + number, result, failures)
    result.seconds = monotonic() - started
    result.memory = made.memory()[1]
    return result


def _rounds(operations: list[Any]) -> Iterator[tuple[int, Any]]:
    number = 0
    while True:
        for operation in operations:
            yield number, operation
        number += 1


def _try(
    made: Installation, session: requests.Session, operation: Any, seed: int, result: Result, failures: Path
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        headers = {"Authorization": made.secrets["KEY"]}
        answer = case.call(base_url=made.process.url, session=session, headers=headers, timeout=30)
        result.answers["documented", str(answer.status_code)] += 1
        result.slowest = max(result.slowest, answer.elapsed)
        has_body = (case.query or {}).get("method") != "HEAD"
        case.validate_response(answer, checks=CHECKS if has_body else CHECKS_WITHOUT_BODY)

    try:
        ask()
    except AssertionError as why:
        _write(operation, seed, why, result, failures)
    except BaseExceptionGroup as group:
        _write(operation, seed, group.exceptions[0], result, failures)


def _write(operation: Any, seed: int, why: BaseException, result: Result, failures: Path) -> None:
    complaint = f"{operation.label}: {' '.join(str(why).split())[:160]}"
    result.complaints[complaint] += 1
    if result.complaints[complaint] == 1:
        failures.mkdir(parents=True, exist_ok=True)
        path = failures / f"documented-{seed}-{len(result.failures)}.txt"
        path.write_text(f"{operation.label}, seed {seed}\n{why}\n")
        result.failures.append(path)
