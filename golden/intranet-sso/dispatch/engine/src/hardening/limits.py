"""Bounds what a request can make the server compute, keep and ask for, where Kallithea 0.7.0 has no bound.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""

GUARDS = ()
