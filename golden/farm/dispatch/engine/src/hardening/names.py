"""Keeps repositories and groups to names that nothing else has, where Kallithea 0.7.0 would take what is there for its own.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""

GUARDS = ()
