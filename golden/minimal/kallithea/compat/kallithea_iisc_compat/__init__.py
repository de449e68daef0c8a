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
        if adjust is None:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: adjust(module, run)
        return spec


if Finder not in sys.meta_path:
    sys.meta_path.insert(0, Finder)
