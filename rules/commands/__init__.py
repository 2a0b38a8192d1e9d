"""What is typed: one module a command, or commands that belong together."""
