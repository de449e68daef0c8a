"""Lists the static files that Kallithea serves, so that the bridge can send them without Python.

In: the application as it was loaded, and as the bridge calls it. Out: for each file its address, its path, when it was modified, and
the headers with which the application sends it. Absent: sending; the bridge leaves all other requests to the application.
"""
import os
import urllib.parse
from wsgiref.util import setup_testing_defaults

# Kallithea 0.7.0 with its front end has 380. A link in the folder may lead to a whole share.
MOST = 4000


def listed(application, adjusted):
    """Return the query that names Kallithea's version in its pages, and the files."""
    import kallithea
    from tg.support.statics import StaticsMiddleware

    # The pages say h.url('/css/style.css', ver=c.kallithea_version).
    version = urllib.parse.urlencode({"ver": kallithea.__version__})
    if type(application) is not StaticsMiddleware:
        # A filter of the ini file may answer in its place, or serve_static is false.
        print("static files: the application serves them, since TurboGears' static files are not its first part")
        return version, []
    files = []
    for address, path in below(application.doc_root):
        if len(files) == MOST:
            print("static files: the application serves those after the first %d" % MOST)
            break
        file = examined(adjusted, address, path)
        if file:
            files.append(file)
    return version, files


def below(root):
    """Yield the address and the path of each file in the folder."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            yield "/" + os.path.relpath(path, root).replace(os.sep, "/"), path


def examined(application, address, path):
    """Return what the bridge needs to know of a file, or None if the application must answer for it."""
    if not address.isascii():
        return None
    try:
        modified = os.stat(path).st_mtime_ns
        status, headers = head_of(application, address)
        if status.startswith("200 "):
            return address, path, modified, [("%s" % name, "%s" % value) for name, value in headers]
    except Exception as error:
        # It was deleted meanwhile, or code of the site's own fails for it.
        print("static files: the application serves %s: %r" % (address, error))
    return None


def head_of(application, address):
    """Return status and headers of the application's response to HEAD."""
    environ = {"REQUEST_METHOD": "HEAD", "PATH_INFO": address, "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    heads = []
    body = application(environ, lambda status, headers, *error: heads.append((status, headers)))
    close = getattr(body, "close", None)
    if close:
        close()
    return heads[-1]
