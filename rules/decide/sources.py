"""Whose statement a row is, and what is to be done with rows of one kind from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from rules.decide.dossiers import Kind, Marks
from rules.decide.evidence import Evidence
from rules.decide.judges import judge_for
from rules.decide.record import Judge, JudgesOf, Reading, Route, SourceOf, Track
from rules.language.model import Source
from rules.language.profiles import DEFAULT, Profile
from rules.vocabulary import KEY_NAME


def source_finder(sources: Iterable[Source]) -> SourceOf:
    """Finds the source of a row: the one whose match says most; of equals the credential, and then the name, decides."""
    find = _finder(sources)

    def source_of(row: Evidence) -> tuple[str | None, Profile]:
        return find(row.credential, row.authority, row.platform, row.home_page)[:2]

    return source_of


def ranked(sources: Iterable[Source]) -> list[Source]:
    """In the order in which they are asked whether a row is theirs: whose match says most comes first."""
    return sorted(sources, key=lambda source: (-len(source.match), "credential" not in source.match, source.id))


def _finder(sources: Iterable[Source]) -> Callable[..., tuple[str | None, Profile, bool]]:
    """Who sent a row, how it is read, and whether its acts of office are believed: ours are, and those in files."""
    in_order = ranked(sources)

    def find(
        credential: str | None, authority: str | None, platform: str | None, home_page: str | None
    ) -> tuple[str | None, Profile, bool]:
        marks = {"credential": credential, "authority": authority, "platform": platform, "home_page": home_page}
        is_ours = credential is None or credential == KEY_NAME
        for source in in_order:
            if all(marks[key] == wanted for key, wanted in source.match.items()):
                return source.id, source.profile, source.governs or is_ours
        return None, DEFAULT, is_ours

    return lru_cache(maxsize=4096)(find)


class _JudgeTable(dict[Kind, tuple[Judge | None, ...]]):
    """Who judges each kind of row from one place; rows repeat themselves, so what was found is kept."""

    def __init__(
        self,
        source: tuple[str | None, Profile, bool],
        tracks: Sequence[Track],
        routes: Mapping[str, Sequence[Route]],
    ) -> None:
        self._source = source
        self._tracks = tracks
        self._routes = routes

    def __missing__(self, kind: Kind) -> tuple[Judge | None, ...]:
        source, profile, governs = self._source
        verb, activity, activity_type, relation, object_type = kind
        meaning = profile.meaning(verb, relation, object_type, activity_type)
        lacks_type = profile.lacks_type(verb, relation, object_type, activity_type)
        reading = Reading(source, profile, meaning, governs, verb, lacks_type)
        found = [
            judge_for(self._tracks[route.track], reading, relation) if route.source in (None, source) else None
            for route in self._routes[activity]
        ]
        if len(self) > _MOST_KINDS:
            self.clear()
        self[kind] = tuple(found)
        return self[kind]


_MOST_KINDS = 8192


def judge_finder(sources: Iterable[Source], tracks: Sequence[Track], routes: Mapping[str, Sequence[Route]]) -> JudgesOf:
    """Finds the judges of rows by where they came from, and then by their kind."""
    find = _finder(sources)

    @lru_cache(maxsize=1024)
    def judges_of(marks: Marks) -> _JudgeTable:
        return _JudgeTable(find(*marks), tracks, routes)

    return judges_of
