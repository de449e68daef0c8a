"""Everything that the bridge asks of the application's own modules. The application is Kallithea 0.7.0.

The bridge calls set_limits() and prepare() once for a process, and adjusted() for each application that it loads. Another
application would bring another module with these three functions.
"""
import kallithea_bridge_adjustments as adjustments
import kallithea_bridge_limits as limits
import kallithea_bridge_threads as threads


def set_limits(form, fields, arguments):
    """Set the limits of a request: bytes of a form, its fields, and bytes of arguments."""
    limits.set_bounds(form, fields, arguments)


def prepare():
    """Prepare the process before the application is loaded."""
    threads.separate_threads()


def adjusted(application):
    """Return the application as the bridge calls it."""
    return adjustments.adjusted(application)
