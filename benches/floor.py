"""The floor: calls an application with a ready environ, as often as it is told, and nothing else.

floor.py SITE_PACKAGES INI URL REQUESTS WARM_UP. Prints lines `name value`, as isapi-bench does.
"""
import io
import logging.config
import os
import site
import sys
import time


def environ_of(path):
    """What a bridge makes of the request that isapi-bench sends."""
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "SERVER_NAME": "kallithea.corp.example.com", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "Microsoft-IIS/10.0", "REMOTE_ADDR": "192.0.2.7", "REMOTE_USER": r"CORP\alice",
        "AUTH_TYPE": "Negotiate", "HTTP_HOST": "kallithea.corp.example.com",
        "HTTP_USER_AGENT": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
        "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.5", "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
        "HTTP_CONNECTION": "keep-alive", "HTTP_UPGRADE_INSECURE_REQUESTS": "1", "HTTP_CACHE_CONTROL": "max-age=0",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": False,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    }


def call(application, ready):
    """One request; returns its status, its headers and the length of its body."""
    answer = []

    def start_response(status, headers, exc_info=None):
        answer[:] = [status, headers]

    environ = ready.copy()
    environ["wsgi.input"] = io.BytesIO()
    result = application(environ, start_response)
    length = 0
    for piece in result:
        length += len(piece)
    if hasattr(result, "close"):
        result.close()
    return answer[0], answer[1], length


def main(site_packages, ini, url, requests, warm_up):
    site.addsitedir(site_packages)
    from paste.deploy import loadapp
    defaults = {"here": os.path.dirname(ini), "__file__": ini}
    logging.config.fileConfig(ini, defaults, disable_existing_loggers=False)
    application = loadapp("config:" + ini, relative_to=os.path.dirname(ini))
    ready = environ_of(url)
    status, headers, _ = call(application, ready)
    cookies = [value.split(";")[0] for name, value in headers if name.lower() == "set-cookie"]
    if cookies:
        ready["HTTP_COOKIE"] = "; ".join(cookies)
    status, _, expected = call(application, ready)
    for _ in range(int(warm_up)):
        call(application, ready)
    times = []
    cpu, begun = time.process_time(), time.perf_counter()
    for _ in range(int(requests)):
        before = time.perf_counter()
        found, _, length = call(application, ready)
        times.append(time.perf_counter() - before)
        if found != "200 OK" or length != expected:
            sys.exit("%s: %s, %d bytes" % (url, found, length))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    times.sort()
    print("rate", len(times) / seconds)
    print("median", times[len(times) // 2] * 1e6)
    print("p99", times[int(len(times) * 0.99)] * 1e6)
    print("cpu", cpu * 1e6 / len(times))
    print("body", expected)


main(*sys.argv[1:])
