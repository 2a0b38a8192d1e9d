"""Answers for analysts, managers and learners."""
