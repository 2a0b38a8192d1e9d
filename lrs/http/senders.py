"""What a credential's policies and its binding make of statements sent and asked for.

The Statement resource asks here, so that it need not know which kinds of credentials there are.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Final

from lrs.store.credentials import Credential
from lrs.store.quarantine import content_id, set_aside_id
from lrs.store.search import Filter, Found
from lrs.xapi.intake import Batch, ContentId, SetAsideId

QUARANTINED: Final = "X-Prowess-Quarantined"
"""How many statements of a batch were set aside instead of being stored."""


def content_ids(credential: Credential) -> ContentId | None:
    """Where this sender's missing ids come from: from what a statement says, or None for random ones."""
    return partial(content_id, credential) if credential.missing_ids == "content" else None


def set_aside_ids(credential: Credential) -> SetAsideId | None:
    """The ids of bad statements that this sender wants set aside; None when they refuse their batch."""
    return partial(set_aside_id, credential) if credential.bad_statements == "quarantine" else None


def require_own_statements(credential: Credential, batch: Batch) -> None:
    """Refuse what a launch credential may not say: anything about another actor (S-64).  Raises Forbidden."""
    if credential.binding is not None:
        for prepared in batch:
            credential.binding.check_statement(prepared.statement)


def own_filters(credential: Credential) -> tuple[Filter, ...]:
    """What narrows a list for a launch credential beside its authority; `is_visible` finds the rest."""
    return (Filter("agent", credential.binding.agent),) if credential.binding is not None else ()


def is_visible(credential: Credential, found: Found) -> bool:
    """Whether a found statement may be shown: a launch credential sees those of its own actor and no others.

    The index also knows a statement by its object and by what it refers to, so its actor is looked at here.
    """
    return credential.binding is None or credential.binding.owns(json.loads(found.body))
