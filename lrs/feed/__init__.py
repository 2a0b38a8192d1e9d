"""The change feed: everything that was committed, in its order, and those who follow it (data-model 2)."""
