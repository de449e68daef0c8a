"""Makes pages of READMEs in a program of their own, where Kallithea 0.7.0 makes them in the midst of everybody's requests.

What enters: calls of docutils, of Markdown and of bleach, as Kallithea makes them. What leaves: the same results, or the error by
which Kallithea shows the text as it is. The expressions in these libraries take time that grows with the third power of some
texts, and Python's other threads stand still meanwhile; a program can be ended. GUARDS says which functions these are. Kallithea
keeps what comes out until the repository has another tip.
"""
import json
import subprocess
import sys

from kallithea_bridge_guards import Guard

# How long a README may take, in seconds; a README that somebody has written takes one.
PATIENCE = 30

PROGRAM = """
import importlib, json, sys
path, module, function, arguments, options = json.load(sys.stdin)
sys.path[:] = path
json.dump(getattr(importlib.import_module(module), function)(*arguments, **options), sys.stdout)
"""

# A worker process has no window to show one in.
HIDDEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def apart(module, function, arguments, options):
    """What a function of a library says, called with what JSON can hold, in a program that has nothing but this to do."""
    call = json.dumps([sys.path, module, function, arguments, options]).encode()
    command = [sys.executable, "-I", "-S", "-c", PROGRAM]
    ended = subprocess.run(command, input=call, capture_output=True, timeout=PATIENCE, creationflags=HIDDEN)
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError("a README cannot be rendered: %s" % "".join(said[-1:]))
    return json.loads(ended.stdout)


def of_its_own_text(publish):
    """Documents of reStructuredText that are made of their own text alone, whatever a file of settings says."""

    def call(*arguments, **options):
        safe = {"file_insertion_enabled": False, "raw_enabled": False, "_disable_config": True}
        settings = dict(options.get("settings_overrides") or {}, **safe)
        return apart("docutils.core", "publish_parts", arguments, dict(options, settings_overrides=settings))

    return call


def of_markdown(convert):
    """Documents of Markdown."""
    return lambda *arguments, **options: apart("markdown", "markdown", arguments, options)


def of_clean_html(clean):
    """What of a document's HTML may be on a page; where that takes too long, nothing."""

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
        "docutils 0.11 to 0.16",
        "a README could show the files that the pool's account can read, and make the server ask for any address",
    ),
    Guard(
        "markdown",
        "markdown",
        of_markdown,
        "Markdown 2.2 to 3.1",
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
