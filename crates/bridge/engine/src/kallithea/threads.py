"""Gives every thread the one environment variable by which Kallithea 0.7.0 tells its hooks who is pulling or pushing.

prepare() of bootstrap.py calls separate_threads(); whoever serves a request calls forget() before it. The reasons, and
what was measured, stand in docs/threads.md.
"""
import functools
import os
import subprocess
import threading

VARIABLE = "KALLITHEA_EXTRAS"

# What a request tells its hooks, in the form in which os.environ keeps values.
_thread = threading.local()


def separate_threads():
    """Give every thread a KALLITHEA_EXTRAS of its own, in os.environ, os.environb and what subprocesses inherit.

    Kallithea writes the user of a version-control request there, for the hooks that Mercurial calls later on the same
    thread and that Git runs as subprocesses. A thread that has none sees none: a hook then fails, rather than take
    another request's user for its own.
    """
    os.environ.pop(VARIABLE, None)
    os.environ.__class__ = ThreadEnvironment
    if hasattr(os, "environb"):
        os.environb.__class__ = ThreadEnvironment
    hand_down()


class ThreadEnvironment(type(os.environ)):
    """The process's environment, but for one variable, which never reaches it."""

    def __getitem__(self, name):
        if self.encodekey(name) != KEY:
            return super().__getitem__(name)
        if not is_set():
            raise KeyError(name)
        return self.decodevalue(_thread.value)

    def __setitem__(self, name, value):
        if self.encodekey(name) != KEY:
            super().__setitem__(name, value)
        else:
            _thread.value = self.encodevalue(value)

    def __delitem__(self, name):
        if self.encodekey(name) != KEY:
            super().__delitem__(name)
        elif is_set():
            forget()
        else:
            raise KeyError(name)

    def __iter__(self):
        yield from super().__iter__()
        if is_set():
            yield self.decodekey(KEY)

    def __len__(self):
        return super().__len__() + is_set()


# On Windows names are text in upper case, elsewhere bytes; os.environb has the same.
KEY = os.environ.encodekey(VARIABLE)


def is_set():
    return hasattr(_thread, "value")


def forget():
    _thread.__dict__.clear()


def hand_down():
    """Let a subprocess that is given no environment have this thread's, as it would if the variable were a real one."""
    begin = subprocess.Popen.__init__
    place = 10  # of `env` among the positional arguments

    @functools.wraps(begin)
    def begin_with_variable(self, *arguments, **options):
        if is_set() and len(arguments) <= place and options.get("env") is None:
            options["env"] = os.environ.copy()
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = begin_with_variable
