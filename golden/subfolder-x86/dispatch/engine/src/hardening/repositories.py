"""Takes what is in a repository as data, where Mercurial, Git and Kallithea 0.7.0 would read files, go elsewhere or run code by it.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""

GUARDS = ()
