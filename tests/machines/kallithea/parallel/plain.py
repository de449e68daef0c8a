"""Checks the bridge's module for paths, which is in the same folder as this file, and what it wraps, with lists of names. Ends with
an exception if a name is taken for another."""
import os

import kallithea  # without which nothing is adjusted
import kallithea.controllers.base as base
import kallithea.controllers.routing as routing
import kallithea_bridge_adjustments as adjustments
import kallithea_bridge_paths as paths
import mercurial.hgweb.common
import mercurial.hgweb.hgweb_mod_inner
import mercurial.ui
from hgext.largefiles import lfutil
from tg.support.statics import StaticsMiddleware

PLAIN = ["", "notes", "a b", ".hg", "..a", "a..b", "console", "nulls", "com", "com10", "lpt", "xcon", "con-1", "(con)", "J\xf6rg", "a+b", "~1"]
ODD = [
    "C:", "c:x", "a:b", ":", "a::$DATA", "a\\b", "\\", "\\\\host", ".", "..", "...", "a.", "a ", "a. .", " ", "a?", "*", "a|b",
    "con", "CON", "Con.txt", "con .txt", "con:", "prn", "aux", "nul", "NUL.tar.gz", "com0", "com1", "COM9.x", "lpt1", "com\xb9",
    "LPT\xb3.x", "conin$", "CONOUT$", "a\x00", "a\x1fb", 'a"b', "<a", "a>",
]


def main():
    for name in PLAIN:
        assert paths.is_plain(name), name
    for name in ODD:
        assert not paths.is_plain(name) and not paths.is_plain_below("a/" + name + "/b"), name
    assert not paths.is_plain_below("/a") and not paths.is_plain_below("//host/a") and paths.is_plain_below("a/b")
    application = adjustments.adjusted(lambda environ, start_response: [])
    assert application is not None
    static_files()
    repositories()
    mercurials_own()


def static_files():
    """A path with a name that is not plain goes to the application, and no file is opened."""
    folder = os.path.abspath("static")
    os.makedirs(folder, exist_ok=True)
    for path in (os.path.join(folder, "a.txt"), "beside.txt"):
        with open(path, "w") as file:
            file.write("content")
    served = StaticsMiddleware(lambda environ, start_response: ["the application"], folder)

    def ask(path):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.file_wrapper": lambda file, size: file.read()}
        return served(environ, lambda *arguments: None)

    assert ask("/a.txt") == ask("//a.txt") == b"content"
    beside = os.path.abspath("beside.txt").replace(os.sep, "/")
    # The last one is "com" and a superscript digit, as PEP 3333 passes them.
    for path in ["/../beside.txt", "/..\\beside.txt", "/" + beside, "/x/" + beside, "//" + beside, "/nul", "/a.txt.", "/com\xc2\xb9"]:
        assert ask(path) == ["the application"], path
    assert ask("/") == ["the application"]


def repositories():
    """The name is refused before anything looks for a file."""
    os.makedirs("found/notes/.hg", exist_ok=True)
    folder = os.path.abspath("found")
    for is_there in (base.is_valid_repo, routing.is_valid_repo):
        assert is_there("notes", folder)
        for name in ["/" + os.path.join(folder, "notes"), os.path.join(folder, "notes"), "x/../notes", "notes.", "notes:x", "//host/x"]:
            assert not is_there(name, folder), name
    assert routing.is_valid_repo_group("", folder) and not routing.is_valid_repo_group("..", os.path.join(folder, "notes"))


def mercurials_own():
    common, web = mercurial.hgweb.common, mercurial.hgweb.hgweb_mod_inner
    assert common.ispathsafe(b"a/style.css") and not any(map(common.ispathsafe, [b"C:/a", b"a/b:c", b"nul", b"../a", b"a//b"]))
    assert web._stylemap([b"paper"])[0] == web._stylemap([b"C:", b"nul", None, b"paper"])[0] == b"paper"
    ui = mercurial.ui.ui()
    ui.setconfig(b"largefiles", b"usercache", b"cache")
    assert lfutil.usercachepath(ui, b"0" * 40).endswith(b"0" * 40)
    for name in (b"../my.ini", b"C:x", b"0" * 41, b"x" * 40, b"0" * 40 + b"\n"):
        try:
            lfutil.usercachepath(ui, name)
        except mercurial.hgweb.common.ErrorResponse:
            continue
        raise AssertionError("a large file named %r" % name)


main()
