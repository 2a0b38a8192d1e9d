"""The stand-in's Canvas: its state, its resources, and its side of HTTP."""

from connectors.standin.canvas.door import Canvas

__all__ = ["Canvas"]
