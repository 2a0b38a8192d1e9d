"""Telling any web address about decisions: one signed POST for each, at least once.

The signature is the scheme Stripe made common: HMAC-SHA256 over `t.body`, so that an old request cannot be replayed under
a new time.  Receivers deduplicate by `Idempotency-Key`; `verify_signature` is theirs to use or to copy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import fields as f
from marshmallow import post_load, validate

from connectors.contract import Capability, Connector, Order, Receipt, Surroundings, unsupported
from connectors.decisions import Decision
from connectors.errors import BadSignature
from connectors.http import Door
from connectors.settings import SystemSchema, SystemSettings
from lrs.clock import SECOND
from lrs.settings import Secret, SecretField

TOLERANCE_SECONDS = 300
PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(SystemSettings):
    secret: Secret
    programs: frozenset[str] | None


class WebhookSchema(SystemSchema):
    becomes = WebhookSettings
    secret = SecretField(required=True, deferred=True, validate=validate.Length(min=16, error="at least 16 characters"))
    programs = f.List(f.String(), load_default=None, allow_none=True)

    @post_load
    def _build(self, values: dict[str, Any], **context: Any) -> WebhookSettings:
        programs = values["programs"]
        built: WebhookSettings = super()._build(
            {**values, "programs": None if programs is None else frozenset(programs)}, **context
        )
        return built


class WebhookConnector(Connector):
    """One address that wants to know."""

    kind = "webhook"
    schema = WebhookSchema
    capabilities = frozenset({Capability.NOTIFY})

    def __init__(self, settings: WebhookSettings, surroundings: Surroundings) -> None:
        self.name = settings.name
        self.patience = settings.timeout
        self._settings = settings
        self._clock = surroundings.clock
        self._door = Door(settings, surroundings.clock)

    def close(self) -> None:
        self._door.close()

    def wants(self, decision: Decision) -> Capability | None:
        chosen = self._settings.programs is None or decision.program in self._settings.programs
        return Capability.NOTIFY if chosen and decision.transition in self._settings.push else None

    def deliver(self, order: Order) -> Receipt:
        if order.capability is not Capability.NOTIFY:
            raise unsupported(self, order.capability)
        return self.notify(order.decision, order.key)

    def notify(self, decision: Decision, key: UUID) -> Receipt:
        return self._send(decision.transition, {"id": str(key), **decision.to_json()}, str(key))

    def test(self) -> Sequence[str]:
        receipt = self._send(PING, {"transition": PING}, PING)
        return [f"accepted a signed ping with {receipt.remote_status}"]

    def _send(self, event: str, content: dict[str, Any], key: str) -> Receipt:
        """The body of an event never changes, whenever and however often it is sent; only the signature's time does."""
        body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Prowess-Event": event,
            "Prowess-Signature": signature(self._settings.secret.needed(), body, self._clock.now() // SECOND),
        }
        return Receipt(self._door.post("", body, headers).status)


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `Prowess-Signature` for a body sent at `at` (seconds since the epoch)."""
    return f"t={at},v1={_digest(secret, at, body)}"


def verify_signature(
    secret: str, header: str, body: bytes, *, now: float, tolerance: float = TOLERANCE_SECONDS
) -> None:
    """Raises BadSignature unless the body was signed with the secret, not longer ago than `tolerance` seconds.

    Any of several `v1` parts may fit, so that a sender can change its secret.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    digests = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or not digests:
        raise BadSignature("the header is not t=<seconds>,v1=<hex>")
    at = int(times[0][:15])
    expected = _digest(secret, at, body)
    if not any([hmac.compare_digest(expected.encode(), digest.encode()) for digest in digests]):  # noqa: C419 - all, in constant time
        raise BadSignature("no v1 signature fits this body and secret")
    if abs(now - at) > tolerance:
        raise BadSignature(f"signed {abs(now - at):.0f} s away from now, at most {tolerance:.0f} s are allowed")


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
