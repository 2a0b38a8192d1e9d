"""Documents that POST merges: top-level members replace their namesakes, all others stay (xAPI-Communication 2.2).

Members keep their source text, so a number of 40 digits survives any number of merges.
"""

from __future__ import annotations

from lrs.errors import BadRequest, TooLarge
from lrs.xapi.json_door import Items, load, load_items

JSON = "application/json"


def is_json(content_type: str) -> bool:
    """Whether a document may be merged, its parameters such as charset apart (XAPI-00234, 00279, 00308)."""
    return content_type.partition(";")[0].strip().lower() == JSON


def refuse_broken(content: bytes, rule: str) -> None:
    """What is posted as JSON must be JSON, even where nothing is there to merge with (XAPI-00235, 00284, 00314)."""
    try:
        load(content)
    except BadRequest as why:
        raise _refused("the posted document is not the JSON it says it is", why, rule) from None


def merge(stored: bytes, posted: bytes, rule: str) -> bytes:
    """The stored object with the posted one's members in it: old ones at their place, new ones behind.

    Nested objects are replaced as a whole (XAPI-00183 to 00186).  Raises BadRequest when either is no JSON object.
    """
    members = _members(stored, "stored", rule) | _members(posted, "posted", rule)
    return ("{" + ",".join(members.values()) + "}").encode()


def _members(content: bytes, which: str, rule: str) -> dict[str, str]:
    """Each member's source text, name included, by its name."""
    items = _items(content, which, rule)
    spans = None if items.is_array else items.items[0].spans
    if spans is None:
        raise _not_an_object(which, rule)
    return {key: items.text[name:end] for key, (name, _, end) in spans.items()}


def _items(content: bytes, which: str, rule: str) -> Items:
    try:
        return load_items(content)
    except TooLarge:  # only an array is counted
        raise _not_an_object(which, rule) from None
    except BadRequest as why:
        raise _refused(f"the {which} document is not JSON", why, rule) from None


def _not_an_object(which: str, rule: str) -> BadRequest:
    return BadRequest(
        f"the {which} document is not a JSON object", hint="only objects are merged; PUT replaces", rule=rule
    )


def _refused(detail: str, why: BadRequest, rule: str) -> BadRequest:
    return BadRequest(f"{detail}: {why.message}", hint=why.hint, **{**why.extra, "rule": rule})
