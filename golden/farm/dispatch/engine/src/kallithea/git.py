"""Lets Kallithea use the git of the server: for repositories whatever account owns them, and with a clear message where there is none.

In: the environment of the worker process, and the program that Kallithea starts. Out: settings of Git in the environment, and a line for
the log. Absent: what Git may do with a repository, which is in hardening/repositories.py.
"""
import os
import shutil
import subprocess

# Settings that every git of this process gets, in the environment, which Git believes as it believes the server's own settings
# (git-config, "protected configuration"). Without the first, Git 2.35.2 and newer refuse a repository of another account ("dubious
# ownership"), such as one that was copied or restored. Without the second, a server that trusts no bare repository by itself, and
# Git 3.0, refuse all of Kallithea's. Before 2.38, Git reads neither from the environment.
OPEN_ALL = {"safe.directory": "*", "safe.bareRepository": "all"}

# How long git may take to say its version, in seconds.
PATIENCE = 30


def open_all_repositories(variables):
    """Add these settings to those that the environment already has."""
    given = variables.get("GIT_CONFIG_COUNT") or "0"
    if not given.isascii() or not given.isdigit():
        print("GIT_CONFIG_COUNT is %r, which git refuses: correct bridge.environmentVariables" % given)
        return
    add_settings(variables, OPEN_ALL)


def add_settings(variables, settings):
    """Put settings of Git behind those that an environment already has."""
    count = int(variables.get("GIT_CONFIG_COUNT") or 0)
    for place, (key, value) in enumerate(settings.items(), count):
        variables["GIT_CONFIG_KEY_%d" % place] = key
        variables["GIT_CONFIG_VALUE_%d" % place] = value
    variables["GIT_CONFIG_COUNT"] = str(count + len(settings))


def described():
    """Return which git Kallithea starts, or why none starts and what that means."""
    from kallithea.lib.vcs.conf import settings

    program = settings.GIT_EXECUTABLE_PATH
    if not program:
        return "git does not start (git_path of the ini file is empty). %s" % needed()
    try:
        said = subprocess.run([program, "--version"], capture_output=True, check=True, timeout=PATIENCE).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return "%s does not start (%s). %s" % (program, error, needed())
    version = said.decode("utf-8", "replace").strip()
    return "%s, %s" % (version, shutil.which(program) or program)


def needed():
    """Return who needs git, and what to do."""
    from kallithea.model import db, meta

    try:
        count = db.Repository.query().filter(db.Repository.repo_type == "git").count()
    except Exception as error:
        return "Kallithea's database does not say whether a repository needs it: %s" % type(error).__name__
    finally:
        meta.Session.remove()
    if not count:
        return "No repository needs it."
    return (
        "%d repositories need it. Install Git for all users, and write the path of git.exe into bridge.git of the spec. "
        "This worker process looks for programs in: %s" % (count, os.environ.get("PATH", ""))
    )
