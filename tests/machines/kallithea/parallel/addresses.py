"""Checks the bridge's modules for rights and addresses, which are in the same folder as this file: addresses.py INI

Ends with an exception if a clone, a mail or a program of Git goes to an address that it must not use."""
import contextlib
import http.server
import io
import json
import os
import re
import socket
import sys
import threading
import urllib.parse

from paste.deploy import loadapp

HERE = [
    "http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://LOCALHOST:{port}/x", "http://127.1:{port}/x", "http://2130706433:{port}/x",
    "http://0x7f.1:{port}/x", "http://0.0.0.0:{port}/x", "http://[::1]:{port}/x", "http://[::ffff:127.0.0.1]:{port}/x",
    "http://[::ffff:7f00:1]:{port}/x", "http://somebody:word@127.0.0.1:{port}/x", "http://192.0.2.1@127.0.0.1:{port}/x",
    "http://192.0.2.1:80@x@127.0.0.1:{port}/x", "http://192.0.2.1\\@127.0.0.1:{port}/x", "http://192.0.2.1\t127.0.0.1:{port}/x",
    "http://169.254.169.254/x", "http://[fe80::1]/x", "http://127.0.0.2/x", "https://127.0.0.1:{port}/x",
    "http://[::127.0.0.1]:{port}/x", "http://[64:ff9b::7f00:1]:{port}/x", "http://[2002:7f00:1::]:{port}/x", "http://[64:ff9b::a9fe:a9fe]/x",
    "http://[fd00:ec2::254]/x", "http://[fd00:ec2::23]/x", "http://168.63.129.16/x", "http://{own}:{port}/x",
]
ONE_KIND = {"hg": ["ssh://localhost/x", "ssh://somebody@127.0.0.1:22/x"], "git": ["git://localhost/x", "git://127.0.0.1:9418/x"]}


def main():
    ini = os.path.abspath(sys.argv[1])
    sys.argv = sys.argv[:1]
    application = loadapp("config:" + ini)
    import kallithea_bridge_adjustments as adjustments

    application = adjustments.adjusted(application)
    pushes_of_git()
    searches()
    clones()
    bundles(application)
    mails(application)
    forks(application)


def pushes_of_git():
    """Git accepts a push only on a thread whose request may push."""
    import webob.exc
    from kallithea.lib.utils2 import set_hook_environment
    from kallithea.lib.vcs import subprocessio

    command = [sys.executable, "receive-pack"]
    os.environ.pop("KALLITHEA_EXTRAS", None)
    for action in (None, "pull", "push_local", ""):
        if action is not None:
            set_hook_environment("user1", "192.0.2.1", "git1", "git", action)
        with refused(webob.exc.HTTPForbidden):
            subprocessio.SubprocessIOChunker(command)
    # The program starts, and is not a program of Git.
    set_hook_environment("user1", "192.0.2.1", "git1", "git", "push")
    with contextlib.suppress(EnvironmentError):
        subprocessio.SubprocessIOChunker(command)
    del os.environ["KALLITHEA_EXTRAS"]


def searches():
    """A search finds only what is in repositories that the user may read, and shows the same words as without the guard."""
    import kallithea_bridge_rights as rights
    from kallithea.controllers import search
    from kallithea.lib.indexers import SCHEMA
    from kallithea.model import db, meta
    from whoosh.filedb.filestore import RamStorage
    from whoosh.query import Phrase, Prefix

    index = RamStorage().create_index(SCHEMA)
    # Without Git there is no Git repository.
    names = sorted(name for name, in meta.Session().query(db.Repository.repo_name))[:3]
    assert len(names) > 1, names
    for name in names:
        # Each repository gets its own index segment.
        writer = index.writer()
        for number in range(20):
            fields = {"repository": name, "repository_rawname": name, "path": "%d.txt" % number, "content": "secret words of %s" % name}
            writer.add_document(fileid="%s/%d" % (name, number), owner="a@example.com", modtime=0, extension="txt", **fields)
        writer.commit(merge=False)
    may_read = rights.may_read
    with index.searcher() as searcher:
        for readable, expected in ((set(names), 20 * len(names)), ({names[0]}, 20), (set(), 0)):
            rights.may_read = readable.__contains__
            for text in ("secret", "secr*", "se?ret", '"secret words"', "repository:*", "extension:[a TO z]", "secret NOT nothing", "*"):
                query = search.QueryParser("content", schema=SCHEMA).parse(text)
                matcher, found = query.matcher(searcher), searcher.search(query)
                seen = len(list(matcher.all_ids())), len(found), min(len(found.top_n), 10)
                assert seen == (expected, expected, min(expected, 10)), (readable, text, seen)
            assert len(searcher.search(search.QueryParser("content", schema=SCHEMA).parse("("))) == 0
    for text, kind in (("secr*", Prefix), ('"secret words"', Phrase)):
        assert isinstance(search.QueryParser("content", schema=SCHEMA).parse(text), kind)
    rights.may_read = may_read


def clones():
    """No spelling of this machine's address gets a request, unless the deployment allows it."""
    import kallithea
    import kallithea.model.repo
    import kallithea.model.validators
    import kallithea_bridge_addresses as addresses
    from kallithea.lib.exceptions import InvalidCloneUriException
    from kallithea.lib.utils import make_ui
    from kallithea.lib.vcs.backends.git.repository import GitRepository
    from kallithea.lib.vcs.backends.hg.repository import MercurialRepository

    server = Server()
    own = own_address()
    checks = (kallithea.model.validators.is_valid_repo_uri, kallithea.model.repo.is_valid_repo_uri)
    for kind, of_kind in ONE_KIND.items():
        for address in HERE + of_kind:
            address = address.format(port=server.port, own=own)
            for check in checks:
                said = io.StringIO()
                with contextlib.redirect_stdout(said), refused(InvalidCloneUriException, address):
                    check(kind, address, make_ui())
                assert "from this machine itself" in said.getvalue(), (kind, address)
    for fetch in (MercurialRepository.pull, GitRepository.fetch):
        with refused(InvalidCloneUriException):
            fetch(None, "http://127.0.0.1:%d/x" % server.port)
    with refused(InvalidCloneUriException):
        kallithea.model.repo.RepoModel()._create_filesystem_repo("new", "hg", None, clone_uri="http://localhost:%d/x" % server.port)
    assert server.asked == [], server.asked

    # The name of a host that is elsewhere when checked, and this machine when requested; or an address that
    # redirects its client here.
    with addresses.outward("http://192.0.2.1/x"):
        with refused(socket.gaierror):
            socket.create_connection(("localhost", server.port))
    socket.create_connection(("localhost", server.port)).close()
    with addresses.outward("/a/folder"):
        socket.create_connection(("localhost", server.port)).close()

    kallithea.CONFIG[addresses.ALLOWED] = "true"
    with refused(InvalidCloneUriException):
        checks[0]("hg", "http://127.0.0.1:%d/x" % server.port, make_ui())
    assert server.asked, "allowed, and not asked"
    del kallithea.CONFIG[addresses.ALLOWED]


def bundles(application):
    """A push brings changes. An address instead of them gets no request, and the requirements of a repository stay as they are."""
    import mercurial.bundle2
    import webob
    from kallithea.lib.utils import make_ui

    server = Server()
    elsewhere = {b"url": b"http://127.0.0.1:%d/x" % server.port, b"size": b"1"}
    # A repository that requires something it does not have becomes unusable.
    files = {b"requirements": b"generaldelta,revlogv1,shared,store", b"filecount": b"0", b"bytecount": b"0"}
    for kind, parameters in ((b"remote-changegroup", elsewhere), (b"stream2", files)):
        bundle = mercurial.bundle2.bundle20(make_ui())
        part = bundle.newpart(kind, data=b"")
        for name, value in parameters.items():
            part.addparam(name, value)
        push = webob.Request.blank("/hg3?cmd=unbundle", method="POST", body=b"".join(bundle.getchunks()), remote_user="user1")
        push.environ.update(AUTH_TYPE="Basic", CONTENT_TYPE="application/mercurial-0.1", HTTP_ACCEPT="application/mercurial-0.1")
        push.headers["X-HgArg-1"] = "heads=" + b"force".hex()
        answer = push.get_response(application)
        assert b"a push has no part " + kind in answer.body, (answer.status, answer.body)
    assert server.asked == [], server.asked
    with open(os.path.join("repositories", "hg3", ".hg", "requires")) as file:
        assert "shared" not in file.read()


def own_address():
    """The address of this machine in its network, or that of the loopback if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        try:
            # Nothing is sent: this only finds the route.
            sender.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return sender.getsockname()[0]


def mails(application):
    """The mail that resets a password links to the host of the ini file, or to none; the page continues at the requested host."""
    import kallithea
    import kallithea.model.notification

    sent = []
    kallithea.model.notification.send_email = lambda *arguments, **options: sent.append(arguments)
    kallithea.CONFIG["canonical_url"] = "https://kallithea.corp.example.com"
    location = reset(application)
    assert "token=" not in location, location
    links = [re.findall(r"\S*/_admin/password_reset_confirmation\S*", body) for body in sent[0][2:4]]
    assert all(links) and all("https://kallithea.corp.example.com/" in link for found in links for link in found), links
    del kallithea.CONFIG["canonical_url"]
    reset(application)
    assert len(sent) == 2 and not any("other.example" in str(mail) for mail in sent), sent
    assert "token=" in sent[1][2], sent[1]


def reset(application):
    """Request a mail as a stranger who names another host, and return the address of the redirection."""
    import webob

    page = webob.Request.blank("/_admin/password_reset", base_url="http://other.example")
    answer = page.get_response(application)
    token = re.search(r'name="_session_csrf_secret_token"[^>]*value="([^"]+)"', answer.text).group(1)
    form = {"email": "user5@example.com", "_session_csrf_secret_token": token}
    post = webob.Request.blank("/_admin/password_reset", base_url="http://other.example", POST=form)
    post.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
    answer = post.get_response(application)
    assert answer.status_code == 302, answer.text
    return urllib.parse.unquote(answer.headers["Location"])


def forks(application):
    """A user who may read a repository can fork it, and follows the fork; a user cannot fork or follow a hidden repository."""
    import webob
    from kallithea.model import db, meta
    from kallithea.model.scm import ScmModel
    from kallithea.model.user import UserModel

    user = db.User.get_by_username("user2")
    UserModel().grant_perm(user, "hg.create.repository")
    meta.Session().commit()
    number = user.user_id
    call = {"id": 1, "api_key": user.api_key, "method": "fork_repo", "args": {"repoid": "hg1", "fork_name": "followed"}}
    post = webob.Request.blank("/_admin/api", method="POST", body=json.dumps(call).encode(), content_type="application/json")
    answer = post.get_response(application).json
    assert answer["error"] is None and answer["result"]["success"], answer
    fork = db.Repository.get_by_repo_name("followed")
    following = db.UserFollowing.query().filter_by(follows_repository_id=fork.repo_id, user_id=number)
    assert following.count() == 1, "its owner does not follow the fork"
    # The page sends an empty number, and the repository is no longer a fork.
    assert fork.fork is not None
    for nothing in ("", "None"):
        assert ScmModel().mark_as_fork("followed", nothing, "user2").fork is None
    # A program of Kallithea has no page and no user. It may make owners follow their repositories.
    ScmModel().toggle_following_repo(fork.repo_id, number)
    assert following.count() == 0


class Server:
    """A server without repositories, which keeps the requests that it gets."""

    def __init__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_arguments):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()


@contextlib.contextmanager
def refused(kind, what=None):
    try:
        yield
    except kind:
        return
    raise AssertionError("%s was not refused" % (what or "it"))


main()
