"""Warnings about programs that are right and hardly meant.  Each rule is a pure function with a test for both sides."""

from rules.lint.catalogue import RULES, lint
from rules.lint.ground import Finding, Ground, Rule, warning

__all__ = ["RULES", "Finding", "Ground", "Rule", "lint", "warning"]
