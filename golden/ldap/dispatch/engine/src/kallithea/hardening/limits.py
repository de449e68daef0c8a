"""Limits what a request can make the server compute and keep in memory, where Kallithea 0.7.0 has no limit.

GUARDS lists the functions that these wrap. bounded() checks a request before the application gets it, and sends the answer if a
guard refuses. docs/hardening.md lists all limits. Absent: the size of a push or an uploaded file, which IIS limits, and the time
of a request, which watch.rs limits.
"""
import datetime
import re
import threading

from kallithea_bridge_guards import Guard

# bridge.limits of the spec. set_bounds() sets them before the application is loaded.
BOUNDS = {"form": 8 << 20, "fields": 10_000, "arguments": 1 << 20}

# Content types that webob reads as a whole. A form with several parts may contain files, which webob keeps on disk.
WHOLE_FORMS = ("", "application/x-www-form-urlencoded")

# The longest name of a repository or group in the database, in characters (model/db.py).
NAME = 255

# The longest pair of lines that are compared, in characters.
LINES = 20_000

# The most changes on one page, as in Kallithea's own list of changes.
CHANGES = 2000

# The longest lifetime of a gist, in minutes: a hundred years.
LIFE = 100 * 365 * 24 * 60

# What is shown for a date that is none. Windows has none before 1970.
NO_DATE = datetime.datetime(1970, 1, 2)

TOO_LARGE = "413 Request Entity Too Large"
MALFORMED = "400 Bad Request"


class Refused(BaseException):
    """Raised for a request that bounded() answers. `except Exception` does not catch it."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


def set_bounds(form, fields, arguments):
    """Set the limits: bytes of a form, its fields, and bytes of a Mercurial command's arguments."""
    BOUNDS.update(form=form, fields=fields, arguments=arguments)


def bounded(application):
    """Pass requests within the limits to the application, and refuse the others."""

    def serve(environ, start_response):
        try:
            return application(looked_at(environ), start_response)
        except Refused as refused:
            body = refused.text.encode()
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
            start_response(refused.status, headers)
            return [body]

    return serve


def looked_at(environ):
    """Check the lengths that a request announces. If it announces none, count its body while it is read."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    # Even a GET or HEAD may have a form, if it says so.
    if kind in WHOLE_FORMS and (kind or environ["REQUEST_METHOD"] not in ("GET", "HEAD")):
        expect_within(environ.get("CONTENT_LENGTH"), BOUNDS["form"], "a form")
        if not environ.get("CONTENT_LENGTH"):
            environ = dict(environ, **{"wsgi.input": Counted(environ["wsgi.input"], BOUNDS["form"])})
    expect_within(environ.get("HTTP_X_HGARGS_POST"), BOUNDS["arguments"], "a command's arguments")
    return environ


def expect_within(length, bound, what):
    """Refuse a length that is not a number, or is above the limit."""
    if length and not (length.isascii() and length.isdecimal()):
        raise Refused(MALFORMED, "The length of %s is not a number.\n" % what)
    # Very many digits would be slow to convert.
    if length and (len(length) > 18 or int(length) > bound):
        raise Refused(TOO_LARGE, "The limit for %s is %d bytes (bridge.limits).\n" % (what, bound))


class Counted:
    """The body of a request that does not announce its length."""

    def __init__(self, body, bound):
        self._body = body
        self._left = bound
        self._bound = bound

    def _counted(self, data):
        self._left -= len(data)
        if self._left < 0:
            raise Refused(TOO_LARGE, "The limit for a form is %d bytes (bridge.limits).\n" % self._bound)
        return data

    def _size(self, size):
        # One byte above the limit is enough to notice.
        return self._left + 1 if size is None or size < 0 else min(size, self._left + 1)

    def read(self, size=-1):
        return self._counted(self._body.read(self._size(size)))

    def readline(self, size=-1):
        return self._counted(self._body.readline(self._size(size)))

    def readlines(self, hint=None):
        return list(self)

    def __iter__(self):
        return iter(self.readline, b"")


class Form(threading.local):
    """Fields and text of the form that a thread is reading. Between forms `fields` is None."""

    fields = None
    text = 0


FORM = Form()


def of_few_fields(begin):
    """Limit the fields of a form, and the text in them. While a form is read, each of its parts is read as a form, too."""

    def begin_form(self, *arguments, **options):
        if FORM.fields is not None:
            FORM.fields += 1
            expect_few(FORM.fields)
            begin(self, *arguments, **options)
            FORM.text += 0 if self.filename or self.list else self.bytes_read
            return expect_within(str(FORM.text), BOUNDS["form"], "the text of a form")
        FORM.fields = FORM.text = 0
        options.setdefault("max_num_fields", BOUNDS["fields"])
        try:
            begin(self, *arguments, **options)
        except ValueError as error:
            expect_few(BOUNDS["fields"] + str(error).startswith("Max number"))
            raise Refused(MALFORMED, "The form cannot be read.\n") from None
        finally:
            FORM.fields = None

    return begin_form


def expect_few(fields):
    if fields > BOUNDS["fields"]:
        raise Refused(TOO_LARGE, "The limit for a form is %d fields (bridge.limits).\n" % BOUNDS["fields"])


def of_a_bounded_call(dispatch):
    """Limit the size of API calls. The API reads a whole call before it knows the user."""

    def call(self, state, *arguments, **options):
        try:
            expect_within(state.request.environ.get("CONTENT_LENGTH"), BOUNDS["form"], "a call")
        except Refused as refused:
            # The dispatcher turns every other exception into a 500.
            import webob.exc

            raise webob.exc.HTTPRequestEntityTooLarge(refused.text) from None
        return dispatch(self, state, *arguments, **options)

    return call


class InTurn:
    """Searches for Kallithea's pattern of a mail address at each @, and examines the text around it only once."""

    def __init__(self, pattern):
        # The part before the @ also matches backwards.
        self._before, self._behind = (re.compile(part, pattern.flags) for part in pattern.pattern.split("@"))

    def search(self, text):
        begin = 0
        for at in re.finditer("@", text):
            before = self._before.match(text[begin:at.start()][::-1])
            behind = before and self._behind.match(text, at.end())
            if behind:
                return re.match(".*", before[0][::-1] + "@" + behind[0], re.DOTALL)
            begin = at.end()
        return None


def with_one_way(pattern):
    """Change Kallithea's pattern for links in a text, so that a value cannot begin with spaces."""
    text = pattern.pattern
    for name in ("seen", "license"):
        value = "(?P<%s>[" % name
        if text.count(value) != 1:
            raise RuntimeError("the bridge does not support Kallithea's _URLIFY_RE: it has no %s" % name)
        text = text.replace(value, r"(?P<%s>(?!\ )[" % name)
    return Expression(re.compile(text, pattern.flags))


class Expression:
    """A compiled expression, in a class of its own so that the guard recognises it."""

    def __init__(self, pattern):
        self.sub = pattern.sub


def of_short_lines(highlight):
    """Look for differences within two lines only if they are not too long."""

    def call(old, new):
        if len(old["line"]) + len(new["line"]) <= LINES:
            highlight(old, new)

    return call


def of_a_short_name(remove_formatting):
    """Return an empty name for one that is too long for the database."""
    return lambda name: remove_formatting(name) if len(name) <= NAME else ""


def of_a_bounded_size(make_page):
    """Limit how many changes an address can request on the page of a repository."""

    def make(collection, *arguments, items_per_page, **options):
        return make_page(collection, *arguments, items_per_page=max(1, min(items_per_page, CHANGES)), **options)

    return make


def of_a_bounded_range(index):
    """The page of several changes, of as many as the list has in which somebody chooses them."""

    def call(self, revision, method):
        import webob.exc

        if count_of(revision) > CHANGES:
            raise webob.exc.HTTPBadRequest("The limit for a page is %d changes." % CHANGES)
        return index(self, revision, method)

    return call


def count_of(revision):
    """How many changes an address asks for. What is none, the page itself says."""
    import tg
    from kallithea.lib.vcs.exceptions import VCSError

    ends = revision.split("...")[:2]
    if len(ends) == 1:
        return 1
    try:
        return len(tg.tmpl_context.db_repo_scm_instance.get_changesets(start=ends[0], end=ends[1]))
    except VCSError:
        return 0


def of_a_date_that_there_is(convert):
    """Dates of changes. A push brings any number for one, and no page of a repository is made of what is not a date."""

    def call(*arguments, **options):
        try:
            return convert(*arguments, **options)
        except (OSError, OverflowError, ValueError):
            return NO_DATE

    return call


def of_a_life(number):
    """Limit the lifetime of a gist, so that it ends at a valid date. Otherwise the list of gists fails for everybody."""

    def call(text, default=None):
        found = number(text, default)
        return found if found is None else max(-LIFE, min(found, LIFE))

    return call


# Without these, one request or one pushed change could occupy a thread, or all of them.
GUARDS = (
    Guard(
        "cgi",
        "FieldStorage.__init__",
        of_few_fields,
        "Python 3.9 to 3.12, legacy-cgi 2",
        "a form with only fields, from any client, would take a hundred times its size in memory",
    ),
    Guard(
        "kallithea.controllers.api",
        "JSONRPCController._dispatch",
        of_a_bounded_call,
        "Kallithea 0.7.0",
        "a call of the API, from any client, would be read into memory as a whole",
    ),
    Guard(
        "kallithea.lib.vcs.utils",
        "email_re",
        InTurn,
        "Kallithea 0.7.0",
        "the name of an author could keep every thread waiting for minutes, on each page that shows it",
    ),
    Guard(
        "kallithea.lib.webutils",
        "_URLIFY_RE",
        with_one_way,
        "Kallithea 0.7.0",
        "the message of a change could do the same",
    ),
    Guard(
        "kallithea.lib.diffs",
        "_highlight_inline_diff",
        of_short_lines,
        "Kallithea 0.7.0",
        "a long line that has changed could do the same",
    ),
    Guard(
        "kallithea.lib.utils2",
        "remove_formatting",
        of_a_short_name,
        "Kallithea 0.7.0",
        "the name of a new repository could do the same",
    ),
    Guard(
        "kallithea.controllers.summary",
        "Page",
        of_a_bounded_size,
        "Kallithea 0.7.0",
        "one address could have every change of a repository on one page",
    ),
    Guard(
        "kallithea.controllers.changeset",
        "ChangesetController._index",
        of_a_bounded_range,
        "Kallithea 0.7.0",
        "one address could have what every change of a repository has changed on one page",
    ),
    Guard(
        "kallithea.lib.vcs.backends.hg.changeset",
        "date_fromtimestamp",
        of_a_date_that_there_is,
        "Kallithea 0.7.0",
        "a change with a date that does not exist could make every page of its repository an error",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.changeset",
        "date_fromtimestamp",
        of_a_date_that_there_is,
        "Kallithea 0.7.0",
        "the same could happen with git",
    ),
    Guard(
        "kallithea.model.gist",
        "safe_int",
        of_a_life,
        "Kallithea 0.7.0",
        "one gist that lives too long could make the list of gists fail for everybody",
    ),
)
