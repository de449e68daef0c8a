"""Puts wrappers around functions of Kallithea and of what it imports, once, and knows whether there was such a function.

What enters: a module's name, a function's path in it, and what makes a wrapper of the function. What leaves: the wrapper in its
place. Absent: the wrappers.
"""
import functools
import importlib
import typing


class Guard(typing.NamedTuple):
    """A wrapper without which somebody gets past Kallithea. The table in docs/hardening.md has a line for each."""

    module: str
    path: str
    wrapper: typing.Callable
    # Whose code it goes around, in which versions.
    made_for: str
    # What somebody could do without it.
    against: str


def stand(guards):
    """Put the guards in their places; a Kallithea that lacks one of these functions is not served."""
    for guard in guards:
        if not is_wrapped(guard.module, guard.path, guard.wrapper):
            raise RuntimeError(
                "%s is missing in %s. The bridge must guard it: otherwise %s. The bridge supports %s, and does "
                "not serve this version. Install the versions in kallithea/requirements.txt of the deployment."
                % (guard.path, guard.module, guard.against, guard.made_for)
            )


def wrap(module, path, wrapper):
    """Put a wrapper around a function; where this Kallithea has no such function, say so and go on."""
    if not is_wrapped(module, path, wrapper):
        print("%s is missing in %s: the bridge does not support this version of Kallithea." % (path, module))


def is_wrapped(module, path, wrapper):
    """Put a wrapper around a function, unless it is there, and say whether there is such a function. Several may go around one."""
    *owners, name = path.split(".")
    owner = functools.reduce(lambda found, part: getattr(found, part, None), owners, imported(module))
    # Inherited ones are of no use: every class has an __init__ from object, and a __call__ from type.
    function = getattr(owner, "__dict__", {}).get(name)
    # Two concerns may guard one function.
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
    # Kallithea itself imports a way to sign on when somebody first does.
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
