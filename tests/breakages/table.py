"""The forty breakages: for each requirement of the lot one edit of the product, as another founder might have got it wrong.

Each is small, keeps the server running, and breaks what the row says.  `make breakages` wants a test to fail for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Breakage:
    """One edit.  old: stands exactly once in the file at `path`; broken: what is wrong then, in one line."""

    id: str
    path: str
    old: str
    new: str
    broken: str


BREAKAGES: Final = (
    Breakage(
        "00064",
        "lrs/xapi/activity.py",
        '_INTERACTIVE = ("correctResponsesPattern", *COMPONENT_LISTS)',
        "_INTERACTIVE = COMPONENT_LISTS",
        "a correctResponsesPattern may stand without an interactionType",
    ),
    Breakage(
        "00131",
        "lrs/xapi/multipart.py",
        """
    if found is None:
        raise _refused("the Content-Type names no boundary", "XAPI-00131", "write multipart/mixed; boundary=abc")
""",
        """
    if found is None:
        found = "boundary"
""",
        "a Content-Type without a boundary is given a usual one",
    ),
    Breakage(
        "00325",
        "lrs/xapi/parameters.py",
        "        if name not in known:",
        "        if name.lower() not in {one.lower() for one in known}:",
        "a parameter in another case is let through, and then means nothing",
    ),
    Breakage(
        "D-09",
        "lrs/http/cors.py",
        "return origin if origin in origins else None",
        "return origin if origin and origin.startswith(origins) else None",
        "an origin that merely begins like a listed one may read answers",
    ),
    Breakage(
        "D-08",
        "lrs/store/documents.py",
        """
        def commit(conn: Connection) -> Document:
            return self._replace(conn, shelf, name, check, change, mark)
""",
        """
        found = self.find(shelf, name)
        check(found.etag if found else None)

        def commit(conn: Connection) -> Document:
            return self._replace(conn, shelf, name, lambda _: None, change, mark)
""",
        "a precondition is checked before the transaction that writes",
    ),
    Breakage(
        "00025",
        "lrs/xapi/attachment.py",
        'validate_attachments = array_of("XAPI-00025", _ATTACHMENT, "attachments")',
        """
def validate_attachments(value: Any, where: Where) -> None:
    array_of("XAPI-00025", _ATTACHMENT, "attachments")(value if isinstance(value, list) else [value], where)
""",
        "one attachment may stand without an array around it",
    ),
    Breakage(
        "00105",
        "lrs/xapi/attachment.py",
        '        "contentType": "XAPI-00105",\n',
        "",
        "an attachment need not say its contentType",
    ),
    Breakage(
        "S-28",
        "lrs/http/statements.py",
        "    if any(prepared.voids for prepared in batch):",
        "    if batch.statements and batch.statements[0].voids:",
        "only the first statement of a batch is asked whether it voids",
    ),
    Breakage(
        "00026",
        "lrs/http/statements.py",
        """
    complete = partial(
        prepare,
        version=version,
        authority=credential.authority,
        new_id=prowess.ids.uuid,
""",
        """
    new_id = prowess.ids.uuid()
    complete = partial(
        prepare,
        version=version,
        authority=credential.authority,
        new_id=lambda: new_id,
""",
        "all statements of a batch that came without an id get the same one",
    ),
    Breakage(
        "00161",
        "lrs/xapi/parameters.py",
        'attachments=_flag(given, "attachments", "XAPI-00167"),',
        'attachments="attachments" in given,',
        "attachments=false asks for attachments",
    ),
    Breakage(
        "00277",
        "lrs/xapi/documents.py",
        "    name = given.get(resource.id_name)\n",
        "    name = given.get(resource.id_name) or None\n",
        "an empty profileId counts as none",
    ),
    Breakage(
        "00092",
        "lrs/xapi/context.py",
        '    {"objectType": "XAPI-00072", "id": "XAPI-00072"},\n',
        '    {"id": "XAPI-00072"},\n',
        "context.statement need not say that it is a StatementRef",
    ),
    Breakage(
        "00319",
        "lrs/http/about.py",
        "jsonify(version=[version.header for version in Version], ",
        'jsonify(version=", ".join(version.header for version in Version), ',
        "about tells the versions in one string",
    ),
    Breakage(
        "00270",
        "lrs/store/documents.py",
        "    here = and_(_d.tenant_id == shelf.tenant_id, _d.kind == shelf.kind, _d.owner == shelf.owner)",
        "    here = and_(_d.tenant_id == shelf.tenant_id, _d.kind == shelf.kind)",
        "the list of profileIds holds those of every agent",
    ),
    Breakage(
        "S-69",
        "lrs/xapi/sameness.py",
        "    if power >= 0 and len(shortest) + power <= _LONGEST_INTEGER:\n        return int(value)\n",
        "",
        "numbers are compared as they are written: 1 is not 1.0",
    ),
    Breakage(
        "00013",
        "lrs/xapi/language.py",
        r"(?: -[a-z]{2}\b | -[0-9]{3}\b )?              ",
        r"(?: -[a-z]{2}\b )?                            ",
        "es-419 is no language tag: regions have two letters",
    ),
    Breakage(
        "00020",
        "lrs/xapi/statement.py",
        '    if kind != "StatementRef" and is_voiding(statement):',
        '    if kind == "Activity" and is_voiding(statement):',
        "a voiding statement may have anything but an Activity as object",
    ),
    Breakage(
        "00077",
        "lrs/xapi/duration.py",
        'rf"P(?:{_NUMBER}W|(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"',
        'rf"P(?:(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"',
        "weeks may stand beside other components, as in P4W1D",
    ),
    Breakage(
        "00031",
        "lrs/xapi/actors.py",
        '    elif kind == "Agent" or "objectType" not in value:',
        '    elif kind == "Agent":',
        "an actor without an objectType is refused",
    ),
    Breakage(
        "00053",
        "lrs/xapi/activity.py",
        '"source": _components("XAPI-00053"),',
        '"source": array_of("XAPI-00053", text("XAPI-00053"), "strings"),',
        "source is an array of strings",
    ),
    Breakage(
        "00040",
        "lrs/xapi/actors.py",
        '"openid": iri("XAPI-00040"),',
        '"openid": text("XAPI-00040"),',
        "any text is an openid",
    ),
    Breakage(
        "00154",
        "lrs/xapi/rendering.py",
        """return b'{"statements":[' + b",".join(statements) + b'],"more":' + json_text(more).encode() + b"}\"""",
        """return b"[" + b",".join(statements) + b"]\"""",
        "a list of statements is a bare array",
    ),
    Breakage(
        "S-63",
        "lrs/store/scopes.py",
        'DEFAULT_SCOPES = ("statements/write", "statements/read/mine")',
        'DEFAULT_SCOPES = ("statements/write", "statements/read")',
        "a key for which nobody asked anything reads everybody's statements",
    ),
    Breakage(
        "00249",
        "lrs/xapi/parameters.py",
        'agent = load_agent(given["agent"], rule="XAPI-00249")',
        'agent = cast("Mapping[str, Any]", load(given["agent"]))',
        "the agent of a Person is read, but not validated",
    ),
    Breakage(
        "00296",
        "lrs/xapi/documents.py",
        "        if owner not in given:",
        '        if owner not in given and method != "GET":',
        "a GET of an activity profile needs no activityId",
    ),
    Breakage(
        "00192",
        "lrs/store/documents.py",
        "        where = _all(shelf) if name is None else _one(shelf, name)",
        "        where = _all(shelf)",
        "DELETE of one state document removes all of them",
    ),
    Breakage(
        "00145",
        "lrs/xapi/parameters.py",
        """
    if statement_id is None:
        raise ParameterInvalid("statementId", "PUT needs it", rule="XAPI-00145", hint="or POST the statement")
    return statement_id
""",
        """
    return cast("UUID", statement_id)
""",
        "a PUT without a statementId takes the statement's own id",
    ),
    Breakage(
        "00037",
        "lrs/xapi/actors.py",
        '    if not count and not value.get("member"):',
        '    if not count and "member" not in value:',
        "an anonymous Group may have an empty list of members",
    ),
    Breakage(
        "S-56",
        "lrs/http/alternate.py",
        'b"".join(pieces).decode()',
        'b"".join(pieces).decode(errors="replace")',
        "what is not UTF-8 in a form becomes question marks",
    ),
    Breakage(
        "S-61",
        "lrs/http/xapi.py",
        "        return answered_version(request.headers.get(HEADER))\n",
        "        return parse_version_header(request.headers.get(HEADER))\n",
        "a bad version beside bad credentials breaks the answer: 500",
    ),
    Breakage(
        "00018",
        "lrs/store/search.py",
        "t.statement.c.voided_seq.is_not(None) if voided else t.statement.c.voided_seq.is_(None)",
        "True if voided else t.statement.c.voided_seq.is_(None)",
        "voidedStatementId finds a statement that nobody voided",
    ),
    Breakage(
        "D-03",
        "lrs/xapi/lexical.py",
        r"[A-Za-z][A-Za-z0-9+.-]*+:",
        r"[^:/?#\s]+:",
        "anything before the first colon is a scheme, as in the pattern of RFC 3986 appendix B",
    ),
    Breakage(
        "S-57",
        "lrs/xapi/parameters.py",
        "    for name, value in pairs:\n",
        '    for name, value in pairs:\n        if name == "method":\n            continue\n',
        "the parameter method of a plain request is passed over",
    ),
    Breakage(
        "00015",
        "lrs/xapi/json_door.py",
        '        return body.decode("utf-8")',
        '        return body.decode("utf-8", "replace")',
        "what is not UTF-8 becomes question marks instead of a refusal",
    ),
    Breakage(
        "00118",
        "lrs/xapi/shapes.py",
        "            if not is_iri(key):",
        '            if ":" not in key:',
        "an extension's key needs no more than a colon",
    ),
    Breakage(
        "00299",
        "lrs/xapi/documents.py",
        'owner_missing=_missing("activityId", 296, *_GET_FIRST),',
        'owner_missing=_missing("activityId", 296, "GET", "DELETE", "POST"),',
        "a PUT of an activity profile without activityId has no answer of its own: 500",
    ),
    Breakage(
        "T-13",
        "lrs/http/statements.py",
        "format_datetime(to_datetime(max(seqs)), usegmt=True)",
        "format_datetime(to_datetime(seqs[0]), usegmt=True)",
        "Last-Modified of a list is that of its first statement, the oldest when it ascends",
    ),
    Breakage(
        "00076",
        "lrs/xapi/result.py",
        '"response": text("XAPI-00076"),',
        '"response": formatted("XAPI-00076", str.strip, "an answer"),',
        "an empty response is refused",
    ),
    Breakage(
        "00209",
        "lrs/xapi/documents.py",
        "        if owner not in given:\n            rule =",
        "        if not given.keys() & resource.owners:\n            rule =",
        "a state needs an activityId or an agent, not both",
    ),
    Breakage(
        "00180",
        "lrs/http/statements.py",
        'yield Filter("verb", query.verb)',
        'yield Filter("verb", query.verb.lower())',
        "verbs are looked for in lower case",
    ),
)
