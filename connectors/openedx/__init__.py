"""Open edX, by its REST API."""

from connectors.openedx.connector import OpenEdxConnector

__all__ = ["OpenEdxConnector"]
