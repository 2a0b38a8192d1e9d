"""No input may give a 5xx, a crash, a hang or unbounded memory: `make fuzz` looks for one that does."""
