"""Prowess, the record store and everything the other packages stand on.

`lrs` alone is a complete learning-record store; it never imports rules, connectors or reports.
"""

__version__ = "0.1.0"
