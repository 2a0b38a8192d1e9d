"""Recognition that can be shown: Open Badges 3.0 for awards, derived from what was decided and kept nowhere beside it."""
