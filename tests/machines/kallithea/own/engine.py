"""Finds the Python modules of the engine in crates/bridge/engine/src, under the names that the engine gives them.

What enters: importable(), called once. What leaves: kallithea_bridge_NAME for each of them, to be imported.
"""
import importlib.util
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../crates/bridge/engine/src")
FOLDERS = [os.path.join(FOLDER, below) for below in ("", "kallithea", "kallithea/hardening")]
PREFIX = "kallithea_bridge_"


class Engine:
    """A finder of modules, for sys.meta_path."""

    def find_spec(self, name, path=None, target=None):
        for folder in FOLDERS:
            file = os.path.join(folder, name[len(PREFIX):] + ".py")
            if name.startswith(PREFIX) and os.path.isfile(file):
                return importlib.util.spec_from_file_location(name, file)
        return None


def importable():
    sys.meta_path.append(Engine())
