"""What xAPI says, and nothing else: no database, clock, network or Flask in here."""
