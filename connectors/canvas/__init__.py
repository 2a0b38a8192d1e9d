"""Canvas, by its REST API."""

from connectors.canvas.connector import CanvasConnector

__all__ = ["CanvasConnector"]
