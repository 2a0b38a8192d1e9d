"""Assignments and results into whichever LMS is there, and back what its statements miss."""
