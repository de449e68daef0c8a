"""Reads ini files as Python itself does: argument 1 names the task, JSON goes in and out."""
import io
import json
import os
import sys


def parse(text):
    """Keys and values as PasteDeploy reads them before it interpolates; None if it or the logging sections' reader refuses."""
    import configparser

    from paste.deploy.loadwsgi import NicerConfigParser

    class Paste(NicerConfigParser):
        optionxform = staticmethod(str)

    parsers = [Paste("my.ini"), configparser.ConfigParser()]
    try:
        for parser in parsers:
            # Lines as open() returns them.
            parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8"))
    except configparser.Error:
        return None
    paste = parsers[0]
    names = ["DEFAULT"] + paste.sections()
    return {name: dict(paste._defaults if name == "DEFAULT" else paste._sections[name]) for name in names}


def load(ini):
    """The application's whole configuration, as PasteDeploy passes it to Kallithea."""
    from paste.deploy import appconfig

    return dict(appconfig("config:" + os.path.abspath(ini)))


def visit(ini):
    """Statuses and cookies of some pages, and the running Kallithea's values of some keys."""
    from paste.deploy import loadapp
    from webob import Request

    application = loadapp("config:" + os.path.abspath(ini))
    import kallithea

    pages = {}
    for path in ["/", "/_admin/login"]:
        response = Request.blank(path).get_response(application)
        pages[path] = {"status": response.status_int, "cookies": response.headers.getall("Set-Cookie")}
    keys = ["use_celery", "remote_addr_variable", "canonical_url", "git_hook_interpreter"]
    return {"pages": pages, "config": {key: kallithea.CONFIG.get(key) for key in keys}}


def finds(text):
    """Whether PasteDeploy finds one application in a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "my.ini")
        with open(file, "w", encoding="utf-8") as ini:
            ini.write(text)
        try:
            load(file)
        except LookupError:
            return False
    return True


def session(ini):
    """The settings of the sessions that TurboGears passes to Beaker."""
    from tg.appwrappers.session import SessionApplicationWrapper

    options = SessionApplicationWrapper(None, load(ini)).options
    return {name: str(value) for name, value in options.items()}


def address(url):
    """The password that SQLAlchemy reads in an address that Alembic accepts; config/app_cfg.py uses both."""
    import alembic.config
    from sqlalchemy.engine.url import make_url

    try:
        alembic.config.Config().set_main_option("sqlalchemy.url", url)
    except ValueError:
        return None
    return make_url(url).password


work = sys.argv[1]
each = {"parse": parse, "finds": finds, "address": address}
if work in each:
    answer = [each[work](text) for text in json.load(sys.stdin)]
else:
    answer = {"load": load, "visit": visit, "session": session}[work](sys.argv[2])
json.dump(answer, sys.stdout)
