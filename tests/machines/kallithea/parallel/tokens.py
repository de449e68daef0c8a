"""Checks that the tokens of Kallithea's forms cannot be predicted. Ends with an exception if they come from Python's own generator.
Anybody can compute the state of that generator from the numbers that it has returned."""
import random

import kallithea  # without which nothing is adjusted
import kallithea_bridge_adjustments as adjustments
from kallithea.lib import webutils


def main():
    adjustments.adjusted(object())
    session = {}
    webutils.session = Session(session)
    seen = set()
    for _ in range(20):
        random.seed(1)
        session.clear()
        seen.add(webutils.session_csrf_secret_token())
    assert len(seen) == 20, "%d tokens are %d" % (20, len(seen))
    assert all(token.isdecimal() and int(token) < 1 << 128 for token in seen), seen


class Session:
    """The part of a session that a token needs."""

    def __init__(self, kept):
        self._kept = kept

    def __contains__(self, name):
        return name in self._kept

    def __getitem__(self, name):
        return self._kept[name]

    def __setitem__(self, name, value):
        self._kept[name] = value

    def save(self):
        pass


assert kallithea
main()
