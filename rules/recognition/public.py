"""`/badges/…`: what anybody may see who was shown a badge.  Nothing here lists people, and nothing can be guessed.

A browser gets a page; a verifier gets what it asks for: the signed badge, its key, the status list, as Open Badges 3.0 has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from lrs.days import day_words
from lrs.http.access import open_to_all
from lrs.http.interface import OBJECT, TEXT, array, described, gives, media, members
from lrs.http.requests import this_prowess
from lrs.web.failures import register_failures, wants_page
from rules.explain.program import terms
from rules.recognition.achievement import CONTEXT, achievement, asked, description
from rules.recognition.addresses import PREFIX
from rules.recognition.badges import Badge, Badges
from rules.recognition.credential import hashed
from rules.recognition.jws import read
from rules.recognition.picture import picture
from rules.recognition.status_list import TTL_SECONDS
from rules.recognition.words import REASONS, spell_words

SVG: Final = "image/svg+xml"
JWT: Final = "text/plain"
"""What Open Badges 3.0 says that a VC-JWT is served as."""
_JWT_TYPES: Final = (JWT, "application/vc+jwt", "application/jwt")
_JSON: Final = ("application/json", "application/ld+json", "application/vc")
_HOUR: Final = 3_600
_LONGEST_ADDRESS: Final = 320

blueprint = Blueprint("badges", __name__, url_prefix=PREFIX)
register_failures(blueprint)


@blueprint.before_request
def _only_where_there_are_any() -> None:
    _badges().require()


@blueprint.after_request
def _for_nobody_else(response: Response) -> Response:
    """Search engines keep out, and links that lead on from a badge do not tell its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.vary.add("Accept")
    if response.mimetype != "text/html":
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/issuer")
@open_to_all
@described(answers={200: gives("The profile.", members("id type name", id=TEXT, type=array(TEXT), name=TEXT))})
def issuer() -> ResponseReturnValue:
    """Whoever issues the badges: an Open Badges Profile."""
    badges = _badges()
    if wants_page():
        return render_template("rules/recognition/issuer.html", issuer=badges.issuer(), keys=badges.addresses.keys)
    return _json({"@context": [*CONTEXT], **badges.issuer()}, _HOUR)


@blueprint.get("/keys")
@open_to_all
@described(answers={200: gives("The keys.", members("keys", keys=array(OBJECT)))})
def keys() -> Response:
    """Every key with which badges were signed that still verifies: a JWK set."""
    badges = _badges()
    return _json({"keys": [key.jwk(badges.addresses.key(key.id)) for key in badges.keys.all()]}, _HOUR)


@blueprint.get("/keys/<id_>")
@open_to_all
@described(answers={200: gives("The key.", members("kty n e kid", kty=TEXT, n=TEXT, e=TEXT, kid=TEXT))})
def key(id_: str) -> Response:
    """One key as a JWK: where `kid` of a badge leads."""
    badges = _badges()
    return _json(badges.key(id_).jwk(badges.addresses.key(id_)), _HOUR)


@blueprint.get("/achievements/<path:program_id>/<int:version>")
@open_to_all
@described(answers={200: gives("The achievement.", members("id type name criteria", id=TEXT, criteria=OBJECT))})
def show_achievement(program_id: str, version: int) -> ResponseReturnValue:
    """What a badge is for: one version of a program."""
    badges = _badges()
    program, ruleset, award = badges.achievement(program_id, version)
    if wants_page():
        return render_template(
            "rules/recognition/achievement.html",
            program=program,
            award=award,
            issuer=badges.issuer(),
            description=description(program),
            parts_=asked(program, ruleset),
            terms=[(name, text) for name, text in terms(program) if name in ("Good for", "Renewal")],
        )
    return _json({"@context": [*CONTEXT], **achievement(program, ruleset, award, badges.addresses)}, _HOUR)


@blueprint.get("/achievements/<path:program_id>/<int:version>.svg")
@open_to_all
@described(answers={200: gives("The picture.", TEXT, SVG)})
def show_picture(program_id: str, version: int) -> Response:
    """The picture of a badge, as yet nobody's."""
    badges = _badges()
    program, *_ = badges.achievement(program_id, version)
    response = Response(picture(program.title, badges.issuer()["name"]), content_type=SVG)
    response.headers["Cache-Control"] = f"public, max-age={_HOUR}"
    return response


@blueprint.get("/credentials/<token>")
@open_to_all
@described(answers={200: gives("The badge, signed.", TEXT, *_JWT_TYPES)})
def show(token: str) -> ResponseReturnValue:
    """A badge: a page for people, else signed, or as JSON for whoever asks for that."""
    badges = _badges()
    badge = badges.get(token)
    if wants_page():
        return _kept_by_nobody(_page(badges, badge))
    kind = request.accept_mimetypes.best_match([*_JWT_TYPES, *_JSON], default=JWT)
    if kind in _JSON:
        return _kept_by_nobody(_json(badges.credential(badge), None, kind))
    return _kept_by_nobody(Response(badges.signed(badge), content_type=kind))


@blueprint.post("/credentials/<token>")
@open_to_all
@described(
    body=media(members("email", email=TEXT), "application/x-www-form-urlencoded"),
    answers={200: gives("The page, with the answer.", TEXT, "text/html")},
)
def compare(token: str) -> Response:
    """Whether a badge was given to a mail address, on its page."""
    badges = _badges()
    return _kept_by_nobody(_page(badges, badges.get(token), request.form.get("email", "").strip()))


@blueprint.get("/credentials/<token>.<any(jwt, json, svg):form>")
@open_to_all
@described(answers={200: gives("The file.", TEXT, JWT, "application/json", SVG)})
def download(token: str, form: str) -> Response:
    """A badge as a file: signed, to look at, or baked into its picture."""
    badges = _badges()
    badge = badges.get(token)
    if form == "json":
        response = _json(badges.credential(badge), None)
    elif form == "svg":
        text = picture(badge.given.program.title, badges.issuer()["name"], badges.signed(badge))
        response = Response(text, content_type=SVG)
    else:
        response = Response(badges.signed(badge), content_type=JWT)
    if "show" not in request.args:
        name = badge.given.program.id.replace("/", "-")
        response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    return _kept_by_nobody(response)


@blueprint.get("/status/<int:number>")
@open_to_all
@described(answers={200: gives("The list, signed.", TEXT, JWT)})
def status(number: int) -> Response:
    """Which badges were taken back: a signed W3C BitstringStatusListCredential."""
    token = _badges().status(number)
    kind = request.accept_mimetypes.best_match([*_JWT_TYPES, *_JSON], default=JWT)
    if kind in _JSON:
        return _json(read(token).payload, TTL_SECONDS, kind)
    response = Response(token, content_type=kind)
    response.headers["Cache-Control"] = f"public, max-age={TTL_SECONDS}"
    return response


def _page(badges: Badges, badge: Badge, address: str = "") -> Response:
    given, recipient = badge.given, badges.recipient(badge)
    asked_for = address[:_LONGEST_ADDRESS]
    said = badges.credential(badge)
    hashes = {one["identityHash"] for one in said["credentialSubject"].get("identifier", ()) if one["hashed"]}
    revoked_at = badge.issued.revoked_at
    text = render_template(
        "rules/recognition/credential.html",
        said=said,
        badge=badge,
        program=given.program,
        issuer=badges.issuer(),
        state=badge.state(this_prowess().clock.now()),
        holder=recipient.person.name if recipient.is_named and recipient.person is not None else "",
        spell=spell_words(badge),
        reason=REASONS.get(badge.issued.revoked or "", ""),
        revoked_on=day_words(given.zones.day_at(revoked_at)) if revoked_at is not None else "",
        criteria=asked(given.program, given.ruleset),
        can_be_asked=bool(hashes),
        asked_for=asked_for,
        is_theirs=bool({hashed(one, recipient.salt) for one in (asked_for, asked_for.lower())} & hashes),
    )
    return Response(text, content_type="text/html; charset=utf-8")


def _json(said: Mapping[str, Any], seconds: int | None, kind: str = "application/json") -> Response:
    response = Response(json.dumps(said, ensure_ascii=False), content_type=kind)
    if seconds is not None:
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return response


def _kept_by_nobody(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _badges() -> Badges:
    return Badges(this_prowess())
