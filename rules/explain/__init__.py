"""Explaining: one account of a decision, from which command, API and pages take what they say."""
