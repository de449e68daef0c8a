"""Renders READMEs in a process of their own, where Kallithea 0.7.0 renders them in the process that serves all requests.

In: Kallithea's calls of docutils, Markdown and bleach. Out: the same results, or an error, after which Kallithea shows the plain
text. For some texts the time of these libraries grows with the third power of the length, and Python's other threads wait
meanwhile. A process can be ended. GUARDS lists the functions. Kallithea caches the result until the repository changes.
"""
import json
import subprocess
import sys

from kallithea_bridge_guards import Guard

# How long a README may take, in seconds. An ordinary one takes one second.
PATIENCE = 30

PROGRAM = """
import importlib, json, sys
path, module, function, arguments, options = json.load(sys.stdin)
sys.path[:] = path
json.dump(getattr(importlib.import_module(module), function)(*arguments, **options), sys.stdout)
"""

# A worker process has no desktop for a window.
HIDDEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def apart(module, function, arguments, options):
    """Call a function of a library in a process of its own. Arguments and result must fit into JSON."""
    call = json.dumps([sys.path, module, function, arguments, options]).encode()
    command = [sys.executable, "-I", "-S", "-c", PROGRAM]
    ended = subprocess.run(command, input=call, capture_output=True, timeout=PATIENCE, creationflags=HIDDEN)
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError("a README cannot be rendered: %s" % "".join(said[-1:]))
    return json.loads(ended.stdout)


def of_its_own_text(publish):
    """Render reStructuredText from its own text only, whatever a settings file says."""

    def call(*arguments, **options):
        safe = {"file_insertion_enabled": False, "raw_enabled": False, "_disable_config": True}
        settings = dict(options.get("settings_overrides") or {}, **safe)
        return apart("docutils.core", "publish_parts", arguments, dict(options, settings_overrides=settings))

    return call


def of_markdown(convert):
    """Render Markdown."""
    return lambda *arguments, **options: apart("markdown", "markdown", arguments, options)


def of_clean_html(clean):
    """Remove unsafe HTML from a document. If that takes too long, show a notice instead."""

    def call(*arguments, **options):
        try:
            return apart("bleach", "clean", arguments, options)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            print("a README is not shown: %s" % error)
            return "<p>This cannot be shown here. Open the file itself.</p>"

    return call


GUARDS = (
    Guard(
        "kallithea.lib.markup_renderer",
        "publish_parts",
        of_its_own_text,
        "docutils 0.11 to 0.21",
        "a README could show files that the pool's account can read, and make the server request any address",
    ),
    Guard(
        "markdown",
        "markdown",
        of_markdown,
        "Markdown 2.2 to 3.10",
        "a README of a few thousand letters could keep every thread waiting for minutes",
    ),
    Guard(
        "bleach",
        "clean",
        of_clean_html,
        "bleach 3.0 to 4.1",
        "a README of some hundred thousand letters could do the same",
    ),
)
