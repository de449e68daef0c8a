"""The adjustments, one for each module that differs from what Kallithea 0.7.0 was written for.

Each runs its module and then changes it, but only if the module lacks what Kallithea uses. A module that is neither like the old
one nor like the one that its adjustment was written for is refused: its import raises an error that says what to install.
"""
import builtins
import functools
import importlib
import sys
import types

WHAT_TO_DO = "Install the versions that kallithea/requirements.txt of the deployment names."


def refuse(module, what):
    """Stop the import of a module that no adjustment was written for."""
    raise ImportError("kallithea_iisc_compat cannot adjust %s: %s. %s" % (module.__name__, what, WHAT_TO_DO))


def needed(module, *names):
    """Return what these names mean in a module. Refuse the module if it does not have all of them."""
    for name in names:
        if not hasattr(module, name):
            refuse(module, "%s is missing" % name)
    return [getattr(module, name) for name in names]


def afterwards(change):
    """Make an adjustment of a function that changes a module which has been run."""

    @functools.wraps(change)
    def adjust(module, run):
        run(module)
        change(module)

    adjust.change = change
    return adjust


@afterwards
def only_this_kallithea(kallithea):
    """Refuse other versions, and adjust what was imported before, by another .pth file for instance."""
    [version] = needed(kallithea, "__version__")
    if version != "0.7.0":
        refuse(kallithea, "it is version %s, and only 0.7.0 is supported" % version)
    for name, adjust in BY_MODULE.items():
        if name != "kallithea" and hasattr(adjust, "change") and sys.modules.get(name) is not None:
            # Another thread may be importing it. This waits for the end.
            adjust.change(importlib.import_module(name))


def with_module_imp(fakemod, run):
    """Python 3.12 and later have no module `imp`, of which Kallithea uses one function. No other module gets this one."""
    if sys.version_info < (3, 12):
        run(fakemod)
        return
    imp = types.ModuleType("imp")
    imp.new_module = types.ModuleType
    own = dict(vars(builtins), __import__=lambda name, *rest: imp if name == "imp" else __import__(name, *rest))
    fakemod.__builtins__ = own
    try:
        run(fakemod)
    finally:
        # What this module runs later is the code of others.
        own["__import__"] = builtins.__import__


@afterwards
def with_null_revision(commands):
    """Mercurial 5.9 and later no longer import `nullid` there."""
    if not hasattr(commands, "nullid"):
        import mercurial.node

        [commands.nullid] = needed(mercurial.node, "nullid")


@afterwards
def with_addresses(util):
    """Mercurial 6.1 and later have the class `url` in another module."""
    if not hasattr(util, "url"):
        import mercurial.utils.urlutil

        [util.url] = needed(mercurial.utils.urlutil, "url")


@afterwards
def with_peers(peer):
    """Mercurial 6.4 and later make the connection to another repository from a path, no longer from its address."""
    if not hasattr(peer, "instance"):
        import mercurial.utils.urlutil

        [make_peer] = needed(peer, "make_peer")
        [path] = needed(mercurial.utils.urlutil, "path")

        def instance(ui, address, create):
            return make_peer(ui, path(ui, None, rawloc=address, validate_path=False), create)

        peer.instance = instance


@afterwards
def with_all_branches(branchmap):
    """Mercurial 7.2 and later no longer give all branches with their heads at once."""
    classes = [found for found in vars(branchmap).values() if isinstance(found, type)]
    for found in classes:
        parts = [hasattr(found, name) for name in ("branchheads", "branchtip", "__iter__")]
        if all(parts) and not hasattr(found, "iterbranches"):
            found.iterbranches = all_branches
    if not any(hasattr(found, "iterbranches") for found in classes):
        refuse(branchmap, "a class with branchheads and branchtip is missing")


def all_branches(self):
    """Yield every branch: its name, its heads, its last head, and whether it is closed."""
    for name in list(self):
        yield name, self.branchheads(name, closed=True), self.branchtip(name), not self.branchheads(name)


@afterwards
def with_initialized_mercurial(utils):
    """Mercurial 7.2 and later must know their own commands before an extension is loaded."""
    from importlib.util import find_spec

    if find_spec("mercurial.initialization"):
        import mercurial.initialization

        [init] = needed(mercurial.initialization, "init")
        init()


@afterwards
def with_one_argument_less(helpers):
    """Pygments 2.12 and later call `wrap` of a formatter without the file."""
    [formatter] = needed(helpers, "CodeHtmlFormatter")
    [wrap] = needed(formatter, "wrap")
    if wrap.__code__.co_varnames[: wrap.__code__.co_argcount] != ("self", "source", "outfile"):
        refuse(helpers, "CodeHtmlFormatter.wrap has other arguments")
    wrap.__defaults__ = (None,)


BY_MODULE = {
    "kallithea": only_this_kallithea,
    "kallithea.lib.helpers": with_one_argument_less,
    "kallithea.lib.utils": with_initialized_mercurial,
    "kallithea.lib.vcs.utils.fakemod": with_module_imp,
    "mercurial.branchmap": with_all_branches,
    "mercurial.commands": with_null_revision,
    "mercurial.httppeer": with_peers,
    "mercurial.sshpeer": with_peers,
    "mercurial.util": with_addresses,
}
