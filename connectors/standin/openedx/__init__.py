"""The stand-in Open edX: what it knows (`campus`) and how it is asked (`api`)."""

from connectors.standin.openedx.api import OpenEdx

__all__ = ["OpenEdx"]
