"""An extension of Mercurial for Wine 8, which reports a symbolic link that it has not made. Mercurial's locks would be such links,
and would lock nothing. Without links, Mercurial uses files."""
import os

testedwith = b"5.8.1"

if hasattr(os, "symlink"):
    del os.symlink
