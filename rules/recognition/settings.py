"""The section `rules` of the configuration: whether badges are issued, in whose name, and what they say of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marshmallow import fields, validate

from lrs.settings import SectionSchema

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class BadgeSettings:
    """badges: whether any are issued.  issuer: None is the organisation's name.  names, scores: whether badges say them."""

    badges: bool = False
    badge_issuer: str | None = None
    badge_url: str | None = None
    badge_email: str | None = None
    badge_image: str | None = None
    badge_names: bool = False
    badge_scores: bool = False


def _address() -> fields.Url:
    return fields.Url(load_default=None, allow_none=True, require_tld=False, schemes={"http", "https"})


class RulesSchema(SectionSchema):
    becomes = BadgeSettings
    badges = fields.Boolean(load_default=False)
    badge_issuer = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=200))
    badge_url = _address()
    badge_email = fields.Email(load_default=None, allow_none=True)
    badge_image = _address()
    badge_names = fields.Boolean(load_default=False)
    badge_scores = fields.Boolean(load_default=False)


def settings_of(prowess: Prowess) -> BadgeSettings:
    """The section, or its defaults where nobody read one."""
    found: BadgeSettings = prowess.settings.sections.get("rules") or BadgeSettings()
    return found
