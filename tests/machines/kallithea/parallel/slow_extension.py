"""An extension of Mercurial that loads slowly, and adds a word to the capabilities of a server."""
import time

from mercurial import extensions, wireprotov1server

testedwith = b"5.8.1"

time.sleep(2)


def extsetup(ui):
    extensions.wrapfunction(wireprotov1server, b"_capabilities", capabilities)


def capabilities(others, repository, protocol):
    return others(repository, protocol) + [b"slow-extension"]
