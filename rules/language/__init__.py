"""The language programs are written in: YAML in, a checked ruleset out.  Pure: no database, network or clock."""

from rules.language.entry import LanguageError
from rules.language.model import Program, Ruleset
from rules.language.ruleset import Draft, canonical, load_draft, load_programs

__all__ = ["Draft", "LanguageError", "Program", "Ruleset", "canonical", "load_draft", "load_programs"]
