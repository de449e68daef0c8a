"""Removes from Kallithea what the bridge's modules wrap; these are in the same folder as this file. Ends with an exception if they
serve what they must refuse, or refuse what they must serve."""
import contextlib
import functools
import importlib
import io
import sys
import types

import kallithea  # without which nothing is adjusted
import kallithea_bridge_adjustments as adjustments
import kallithea_bridge_guards as guards
import kallithea_bridge_hardening as hardening
from kallithea.config.middleware import pygrack


def main():
    assert said() == ""
    for guard in [guard for module in hardening.TREE for guard in module.GUARDS]:
        *owners, name = guard.path.split(".")
        owner = functools.reduce(getattr, owners, importlib.import_module(guard.module))
        around = getattr(vars(owner)[name], "kallithea_bridge", ())
        assert guard.wrapper in around, "%s of %s is not guarded by %s" % (name, owner, guard.wrapper)
        with without(owner, name):
            try:
                said()
            except RuntimeError as error:
                assert guard.path in str(error) and "The bridge must guard" in str(error), error
            else:
                raise AssertionError("a Kallithea without %s of %s is served" % (name, owner))
    with without(pygrack, "update_server_info"):
        assert "update_server_info is missing in" in said()
    assert said() == ""
    two_wrappers_around_one_function()
    without_the_package()


def without_the_package():
    """An environment that lacks kallithea/compat, or has another version of it, is not served."""
    package = sys.modules["kallithea_iisc_compat"]
    other = types.ModuleType("kallithea_iisc_compat")
    newer = types.ModuleType("kallithea_iisc_compat")
    newer.VERSION = "999"
    for found, words in [(None, "was not loaded"), (other, "has version None"), (newer, "has version 999")]:
        sys.modules["kallithea_iisc_compat"] = found
        try:
            said()
        except RuntimeError as error:
            assert words in str(error) and "Copy what is in kallithea/compat" in str(error), error
        else:
            raise AssertionError("Kallithea is served although the package " + words)
        finally:
            sys.modules["kallithea_iisc_compat"] = package


def two_wrappers_around_one_function():
    """Both wrappers are there, each once, however often they are added."""
    for wrapper in (one_more, ten_more, one_more, ten_more):
        assert guards.is_wrapped("__main__", "Counter.count", wrapper)
    assert Counter().count() == 11, Counter().count()


class Counter:
    def count(self):
        return 0


def one_more(count):
    return lambda self: count(self) + 1


def ten_more(count):
    return lambda self: count(self) + 10


@contextlib.contextmanager
def without(owner, name):
    function = vars(owner)[name]
    delattr(owner, name)
    yield
    setattr(owner, name, function)


def said():
    """Adjust Kallithea without an error, and return the output."""
    application = object()
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert adjustments.adjusted(application) is not application
    what, git, *others = output.getvalue().splitlines(keepends=True)
    assert what.startswith("this is Kallithea 0.7.0 with Mercurial 7.2."), what
    assert git.startswith("git: "), git
    return "".join(others)


main()
