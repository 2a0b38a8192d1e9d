"""Deadlines and who is told about them: pure ladders, the notices they leave in the database, and their delivery."""
