"""Keeps to what a user may do, where Kallithea 0.7.0 asks for one right, and it or a library of its then does something else.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""
from kallithea_bridge_guards import Guard


def may_push():
    """Whether Kallithea has let the request on this thread push.

    It tells its hooks by what it has asked for, and they write the journal by that: what is done is what the journal says.
    """
    from kallithea.lib.utils2 import HookEnvironmentError, get_hook_environment

    try:
        return get_hook_environment().action == "push"
    except HookEnvironmentError:
        return False


def within_its_right(check):
    """Mercurial's own look at each command, the last before it runs, a batch's included, held to the right that was asked for.

    Kallithea takes the first `cmd` in the letters of the URL, and Mercurial the last one, decoded; of a batch they take the
    commands apart in another order. Mercurial's own pages, which Kallithea knows nothing of, count as pushes to it.
    """

    def check_perm(self, rctx, request, operation):
        if operation != b"pull" and not may_push():
            from mercurial.hgweb.common import ErrorResponse

            print("a request that was let in to pull would have done more than that, and was refused")
            raise ErrorResponse(403, b"push not authorized")
        return check(self, rctx, request, operation)

    return check_perm


def of_its_right(begin):
    """Git's program that takes a push, started for whom Kallithea has let push, whichever part of a request named it."""

    def start(self, cmd, *arguments, **options):
        if "receive-pack" in cmd[1:2] and not may_push():
            import webob.exc

            print("a request that was let in to fetch would have pushed, and was refused")
            raise webob.exc.HTTPForbidden()
        return begin(self, cmd, *arguments, **options)

    return start


GUARDS = (
    Guard(
        "mercurial.hgweb.hgweb_mod",
        "hgweb.check_perm",
        within_its_right,
        "Mercurial 5.8 to 7.2",
        "whoever may read a repository of hg could push to it",
    ),
    Guard(
        "kallithea.lib.vcs.subprocessio",
        "SubprocessIOChunker.__init__",
        of_its_right,
        "Kallithea 0.7.0",
        "whoever may read a repository of git could push to it, as soon as two parts of Kallithea read a request differently",
    ),
)
