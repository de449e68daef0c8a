"""Gives each thread its own copy of the environment variable by which Kallithea 0.7.0 tells its hooks who pulls or pushes.

prepare() of adjustments.py calls separate_threads(). The application calls forget() before each request. docs/threads.md has
the reasons and what was measured.
"""
import functools
import os
import subprocess
import threading

VARIABLE = "KALLITHEA_EXTRAS"

# What the current request of a thread tells its hooks, in the form in which os.environ keeps values.
_thread = threading.local()


def separate_threads():
    """Give each thread its own KALLITHEA_EXTRAS, in os.environ, in os.environb and in what subprocesses inherit.

    Kallithea writes the user of a version-control request there. Hooks read it later: Mercurial calls them on the same
    thread, and Git runs them as subprocesses. A thread without a value sees no variable, so that a hook fails instead of
    using the user of another request.
    """
    os.environ.pop(VARIABLE, None)
    os.environ.__class__ = ThreadEnvironment
    if hasattr(os, "environb"):
        os.environb.__class__ = ThreadEnvironment
    hand_down()


class ThreadEnvironment(type(os.environ)):
    """The environment of the process, except for one variable that each thread keeps for itself."""

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


# On Windows names are text in upper case, elsewhere they are bytes. os.environb uses the same key.
KEY = os.environ.encodekey(VARIABLE)


def is_set():
    return hasattr(_thread, "value")


def forget():
    _thread.__dict__.clear()


def hand_down():
    """Pass this thread's variable to a subprocess that is started without an environment, like a real variable."""
    begin = subprocess.Popen.__init__
    place = 10  # of `env` among the positional arguments

    @functools.wraps(begin)
    def begin_with_variable(self, *arguments, **options):
        if is_set() and len(arguments) <= place and options.get("env") is None:
            options["env"] = os.environ.copy()
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = begin_with_variable
