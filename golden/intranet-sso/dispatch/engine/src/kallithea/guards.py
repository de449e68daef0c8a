"""Wraps functions of Kallithea and of the libraries that it imports, each once, and reports a function that is missing.

In: the name of a module, the path of a function in it, and a function that makes the wrapper. Out: the wrapper in place of the
function. Absent: the wrappers.
"""
import functools
import importlib
import typing


class Guard(typing.NamedTuple):
    """A wrapper that Kallithea is not safe without. The table in docs/hardening.md has a line for each."""

    module: str
    path: str
    wrapper: typing.Callable
    # Whose function it wraps, and which versions of it.
    made_for: str
    # What somebody could do without the wrapper.
    against: str


def stand(guards):
    """Wrap the functions of these guards. If one of them is missing, raise an error: this Kallithea is not served."""
    for guard in guards:
        if not is_wrapped(guard.module, guard.path, guard.wrapper):
            raise RuntimeError(
                "%s is missing in %s. The bridge must guard it: otherwise %s. The bridge supports %s, and does "
                "not serve this version. Install the versions in kallithea/requirements.txt of the deployment."
                % (guard.path, guard.module, guard.against, guard.made_for)
            )


def wrap(module, path, wrapper):
    """Wrap a function. If this Kallithea does not have it, log that and continue."""
    if not is_wrapped(module, path, wrapper):
        print("%s is missing in %s: the bridge does not support this version of Kallithea." % (path, module))


def is_wrapped(module, path, wrapper):
    """Wrap a function unless this wrapper is already there. Return whether the function exists. It may have several wrappers."""
    *owners, name = path.split(".")
    owner = functools.reduce(lambda found, part: getattr(found, part, None), owners, imported(module))
    # Inherited functions do not count: every class has an __init__ from object, and a __call__ from type.
    function = getattr(owner, "__dict__", {}).get(name)
    # Two modules may guard the same function.
    around = getattr(function, "kallithea_bridge", ())
    if function is not None and wrapper not in around:
        plain = getattr(function, "__func__", function)
        wrapped = functools.wraps(plain)(wrapper(plain))
        if isinstance(function, (classmethod, staticmethod)):
            wrapped = type(function)(wrapped)
        wrapped.kallithea_bridge = (*around, wrapper)
        setattr(owner, name, wrapped)
    return function is not None


def imported(module):
    # Kallithea imports its authentication plugins only when somebody first signs on.
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
