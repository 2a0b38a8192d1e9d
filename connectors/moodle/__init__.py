"""Moodle, by its REST web services."""

from connectors.moodle.connector import MoodleConnector

__all__ = ["MoodleConnector"]
