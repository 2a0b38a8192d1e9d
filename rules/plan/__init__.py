"""What publishing a ruleset would do, before anybody is judged by it; nothing here changes the store."""

from rules.plan.change import Change
from rules.plan.making import plan
from rules.plan.outcome import Plan

__all__ = ["Change", "Plan", "plan"]
