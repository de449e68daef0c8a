"""An extension of Mercurial for Wine 8, which says that it made a symbolic link and makes none: Mercurial's locks would be
such links, and lock nothing. Without links it uses files."""
import os

testedwith = b"5.8.1"

if hasattr(os, "symlink"):
    del os.symlink
