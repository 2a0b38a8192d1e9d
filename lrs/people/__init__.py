"""People, their identifiers and their places in the organisation: facts, uninterpreted."""
