"""Proving that a store is what its record says: what is derived is made anew in a copy, what is not is held to itself.

Nothing here changes the store, sends anything or asks anybody.  Each package says of its own what is derived and what
must hold (`lrs.prowess`).
"""
