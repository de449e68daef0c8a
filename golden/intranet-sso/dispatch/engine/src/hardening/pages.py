"""Shows what people have written or pushed as what it is, where Kallithea 0.7.0 would let it read files or run in the viewer's browser.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""

GUARDS = ()
