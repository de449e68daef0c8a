"""The WSGI applications that are measured apart from Kallithea, one path for each."""

BLOCK = bytes(1024 * 1024)


def make(global_conf):
    """What the ini file names."""
    return application


def application(environ, start_response):
    return PAGES[environ["PATH_INFO"]](environ, start_response)


def hello(environ, start_response):
    return plain(start_response, b"Hello, world!")


def download(environ, start_response):
    headers = [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(BLOCK)))]
    start_response("200 OK", headers)
    return [BLOCK]


def upload(environ, start_response):
    total = 0
    while True:
        block = environ["wsgi.input"].read(65536)
        if not block:
            return plain(start_response, b"%d" % total)
        total += len(block)


def plain(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]


PAGES = {"/hello": hello, "/download": download, "/upload": upload}
