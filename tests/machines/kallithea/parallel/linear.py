"""Compares the expressions that the bridge gives Kallithea with those that they replace. Ends with an exception if they find
something else in one of some thousand texts, which are derived from a seed."""
import random

import kallithea  # without which nothing is adjusted
import kallithea_bridge_adjustments as adjustments
from kallithea.lib import webutils
from kallithea.lib.vcs import utils

MANY = 20_000
PIECES = ["a", "b", "A", "0", "-", "--", ".", "..", "@", "@", "<", ">", " ", "  ", "+", "_", "\n", "K", "é", "!", "a.b", "x@y.zz", ",", "\t"]
MARKED = PIECES + ["[see =&gt;", "[license =&gt; ", "[see =&gt;  ", "]", "]", "/", "http://a/b", "[tag]", "[requires =&gt; a]", "*", "*a*", "&amp;"]


def main():
    addresses, marks = utils.email_re, webutils._URLIFY_RE
    adjustments.adjusted(object())
    assert utils.email_re is not addresses and webutils._URLIFY_RE is not marks
    generator = random.Random(7)
    found = 0
    for _ in range(MANY):
        text = "".join(generator.choices(PIECES, k=generator.randrange(1, 24)))
        expected, match = (pattern.search(text) for pattern in (addresses, utils.email_re))
        assert (expected and expected[0]) == (match and match.group(0)), (text, expected, match)
        found += expected is not None
        text = "".join(generator.choices(MARKED, k=generator.randrange(1, 16)))
        expected, seen = (pattern.sub(shown, text) for pattern in (marks, webutils._URLIFY_RE))
        assert expected == seen, (text, expected, seen)
    assert found > MANY // 20, found


def shown(match):
    return repr(sorted((name, value) for name, value in match.groupdict().items() if value is not None))


assert kallithea
main()
