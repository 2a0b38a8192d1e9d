"""What publishing a ruleset would do, before anybody is judged by it; nothing here changes the store."""

from rules.publishing.plan.change import Change
from rules.publishing.plan.making import plan
from rules.publishing.plan.outcome import Plan

__all__ = ["Change", "Plan", "plan"]
