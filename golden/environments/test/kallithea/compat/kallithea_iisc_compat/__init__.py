"""Lets Kallithea 0.7.0 run with a Python and libraries that are newer than it.

In: the imports of a Python process. Out: adjusted modules, once the process imports Kallithea; a process that does not is left
alone. Python runs this for every program of the environment, because of kallithea_iisc_compat.pth next to it: for the worker
process, for kallithea-cli, and for the hooks that Git starts. This package contains no code of Kallithea. Absent: the
adjustments themselves (adjustments.py), and what only the bridge needs.
"""
import sys

VERSION = "1"


class Finder:
    """Finds the modules that have an adjustment, and makes it a part of their import."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        # Only Kallithea's processes need the rest.
        if name != "kallithea" and "kallithea" not in sys.modules:
            return None
        from kallithea_iisc_compat import adjustments

        adjust = adjustments.BY_MODULE.get(name)
        return adjust and adjusted(found_by_others(name, path, target), adjust)


def found_by_others(name, path, target):
    """Return the spec of a module from the finders of this process. One of them may be that of a package in development."""
    for finder in list(sys.meta_path):
        spec = None if finder is Finder else finder.find_spec(name, path, target)
        if spec is not None:
            return spec
    return None


def adjusted(spec, adjust):
    """Return the spec with a loader that runs the module by this adjustment."""
    import copy

    if spec is not None and spec.loader is not None:
        if not hasattr(spec.loader, "exec_module"):
            raise ImportError("kallithea_iisc_compat cannot adjust %s in a zip archive. Unpack it." % spec.name)
        # All modules of an archive have one loader.
        spec.loader = copy.copy(spec.loader)
        run = spec.loader.exec_module
        spec.loader.exec_module = lambda module: adjust(module, run)
    return spec


if Finder not in sys.meta_path:
    if "kallithea" in sys.modules:
        # The finder needs this for every module from now on, for this one as well.
        from kallithea_iisc_compat import adjustments
    sys.meta_path.insert(0, Finder)
    if "kallithea" in sys.modules:
        adjustments.only_this_kallithea.change(sys.modules["kallithea"])
