"""A plugin of pytest that runs Kallithea's own tests with the bridge's guards: python -m pytest -p guarded kallithea/tests

What enters: the application that Kallithea's tests create. What leaves: that application as the bridge calls it,
with threads and guards as in a worker process. Absent: Kallithea's tests, which come with its source distribution, and what a worker
process does with streams. docs/hardening.md says how to run it, and has the results.
"""
import engine
import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure():
    """Run after Kallithea's own preparations, and before its tests use the application."""
    import kallithea.tests.base

    engine.importable()
    import kallithea_bridge_adjustments as adjustments
    import kallithea_bridge_threads as threads

    threads.separate_threads()
    # These tests keep database rows from before a request until after it, on the same thread. No worker process does that.
    # There, a request that returns its connection also makes its rows reload.
    adjustments.give_back = lambda sessions: None
    kallithea.tests.base.testapp = adjustments.adjusted(kallithea.tests.base.testapp)


def pytest_report_header():
    import kallithea_bridge_hardening as hardening

    return "kallithea-iisc: behind %d guards" % sum(len(module.GUARDS) for module in hardening.TREE)
