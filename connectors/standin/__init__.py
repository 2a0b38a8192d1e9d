"""A stand-in for a Moodle, a Canvas, an Open edX and a webhook receiver: for the demo, for tests, and for trying a configuration.

It follows docs and observed traffic of Moodle 4.5, docs and source of Canvas as of 2026, and the source of Open edX; it
remembers everything that was done to it, explains every refusal, and can be told to fail.  It is nobody's LMS.
"""

from connectors.standin.server import StandIn

__all__ = ["StandIn"]
