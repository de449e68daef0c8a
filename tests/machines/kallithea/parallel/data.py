"""Checks the rules for names of folders, places of repositories and options of Git with lists. Ends with an exception if they allow
what they must refuse, or refuse what they must allow."""
import os
import shutil

import kallithea.lib.utils2  # without these, there are no rules to check
import kallithea_bridge_names as names
import kallithea_bridge_repositories as repositories

# The text that is typed, and the name made from it.
NAMES = {
    "notes": "notes", "a.b": "a.b", "_x": "_x", "J\xf6rg": "J\xf6rg", "console": "console", "two words": "two-words", "a\u200cb": "a\u200cb",
    "private.": "private", "private ": "private", "private. .": "private", ".hg": "hg", "...": "", ".": "", "": "", ". .a": "a",
    "nul": "_nul", "CON": "_CON", "aux.txt": "_aux.txt", "com\xb9": "_com\xb9", "con .": "_con", "a::$DATA": "a-DATA", "LONGNA~1": "LONGNA-1",
    "a\u200bb": "a-b", "a\xa0": "a", "_12": "__12", "_12a": "_12a", "a\x00b": "a-b", "\u202eab": "ab", "rm__20200101_000000_000000_x": "_rm__20200101_000000_000000_x",
}

MINE = [
    ["git", "-c", "core.quotepath=false", "log", "--date-order", "--reverse", "--pretty=format:%H", "--max-count=2", "--since", "01/01/20", "--all"],
    ["git", "-c", "core.quotepath=false", "diff", "-U3", "--full-index", "--binary", "-p", "-M", "--abbrev=40", "-w", "a", "b", "--", "--output=x"],
    ["git", "-c", "core.quotepath=false", "clone", "-q", "--bare", "--", "--upload-pack=x", "y"],
    ["git", "upload-pack", "--stateless-rpc", "--advertise-refs", "/x"],
]
OTHERS = ["--output=x", "--output", "-O", "--upload-pack=x", "-u", "--ext-diff", "--no-index", "-cx=y", "--exec=x", "--all=x", "-U3x", "-wx"]


def main():
    typed()
    places()
    options()


def typed():
    rule = names.of_one_folder(kallithea.lib.utils2.repo_name_slug)
    for name, expected in NAMES.items():
        assert rule(name) == expected, (name, rule(name))
        assert rule(expected) == expected, expected


def places():
    """A repository opens from a folder of its own, and through the links that lead to its folder."""
    base = os.path.abspath("places")
    shutil.rmtree(base, ignore_errors=True)
    for folder in ("in/hg/.hg", "in/hg/sub/.hg", "in/group/git/objects", "in/group/git/refs", "in/group/git/sub", "out/hg/.hg", "inside/hg/.hg"):
        os.makedirs(os.path.join(base, *folder.split("/")))
    open(os.path.join(base, "in", "group", "git", "HEAD"), "w").close()
    free = lambda place: repositories.stands_free(os.path.join(base, *place.split("/")), os.path.join(base, "in"))
    for place in ("in/hg", "in/group/git", "in/group/new", "in/../in/hg", "out/../in/hg"):
        assert free(place), place
    for place in ("in", "in/hg/sub", "in/group/git/sub", "out/hg", "inside/hg", "in/../out/hg", "in/hg/../../out/hg", "../x"):
        assert not free(place), place
    if os.name == "nt":
        assert free("IN/HG")
        return
    assert not free("IN/hg")
    os.symlink(os.path.join(base, "out", "hg"), os.path.join(base, "in", "linked"))
    os.symlink(os.path.join(base, "out"), os.path.join(base, "in", "hg", "link"))
    assert free("in/linked") and not free("in/hg/link/hg") and not free("in/linked/../hg2")


def options():
    for command in MINE:
        name, made = repositories.as_data(command)
        assert name in command and "core.fsmonitor=false" in made and made[-1] == command[-1], made
    assert "--no-textconv" in repositories.as_data(MINE[1])[1]
    for source, is_from_here in (("file:///x", True), ("git://x/y", False), ("https://x/y", False)):
        for command in (["git", "clone", "-q", "--bare", "--", source, "."], ["git", "fetch", source, "--", "x"], ["git", "ls-remote", "-h", source]):
            assert (repositories.FROM_HERE in repositories.as_data(command)[1]) == is_from_here, command
    for option in OTHERS:
        for command in (["git", "log", option], ["git", "-c", "a=b", "show", "x", option, "--", "y"], ["git", "receive-pack", option, "/x"]):
            try:
                repositories.as_data(command)
            except OSError:
                continue
            raise AssertionError("git would be started with %s" % option)
    assert repositories.as_data(["git", "receive-pack", "--stateless-rpc", "/x"])[1] == ["git", "receive-pack", "--stateless-rpc", "/x"]
    reading, going = repositories.environment({"A": "b"}), repositories.environment({"A": "b"}, repositories.WAYS)
    assert reading["GIT_NO_REPLACE_OBJECTS"] == going["GIT_NO_REPLACE_OBJECTS"] == "1"
    assert reading["GIT_ALLOW_PROTOCOL"] == "none" and "ext" not in going["GIT_ALLOW_PROTOCOL"] and reading["A"] == going["A"] == "b"


main()
