"""What would happen over time, worked out from files: no database, no clock, no network.

The same pure parts as in a store decide, climb ladders and name transitions; only the loop around them is another one.
"""

from rules.simulation.event import Event
from rules.simulation.run import Run, simulate
from rules.simulation.times import Outage

__all__ = ["Event", "Outage", "Run", "simulate"]
