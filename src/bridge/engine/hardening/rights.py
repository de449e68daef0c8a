"""Keeps to what a user may do, where Kallithea 0.7.0 asks for one right, and it or a library of its then does something else.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""

GUARDS = ()
