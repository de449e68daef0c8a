"""Checks the bridge's module for grants, which is in the same folder as this file: grants.py INI

Ends with an exception if a right locks a user out, if a number shows a user a name, or if a user reads a comment from a repository
that this user may not read.

user2 administers hg1, which all users may read; only user2 may read hg2.
"""
import contextlib
import io
import json
import os
import re
import subprocess
import sys

from paste.deploy import loadapp

# The log's message about a right of another kind.
REFUSED = "refused to give a right that does not begin with repository."
FORM = {"perm_new_member_name_1": "user3", "perm_new_member_type_1": "user"}


def main():
    site = opened()
    prepare()
    rights_of_another_kind(site)
    groups_of_each_kind()
    numbers(site)
    pull_requests(site)
    change = prepare_a_change()
    votes(site, change)
    mails(site, change)
    names_of_groups(site)
    places_of_groups(site)
    pages_of_changes(site)
    answers_that_are_no_pages(site)
    links_of_pages(site, change)
    if has_git():
        replaced(site)
        compared(site)


def opened():
    """Load the application of the ini file that the command line names, as the bridge does."""
    ini = os.path.abspath(sys.argv[1])
    sys.argv = sys.argv[:1]
    application = loadapp("config:" + ini)
    import kallithea_bridge_adjustments as adjustments

    return Site(adjustments.adjusted(application))


def prepare():
    from kallithea.model import meta
    from kallithea.model.repo import RepoModel

    RepoModel().grant_user_permission("hg1", "user2", "repository.admin")
    RepoModel().grant_user_permission("hg2", "user2", "repository.admin")
    RepoModel().grant_user_permission("hg2", "default", "repository.none")
    meta.Session().commit()


class Site:
    """The application, with requests of users who send their keys."""

    def __init__(self, application):
        self.application = application

    def ask(self, user, path, form=None):
        import webob

        request = webob.Request.blank(path, POST=form, remote_addr="192.0.2.1")
        if user:
            request.headers["Authorization"] = "Bearer " + key_of(user)
        # This is how a page's own script asks.
        request.headers["X-Partial-XHR"] = "1"
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            answer = request.get_response(self.application)
            answer.body
        forget()
        answer.said = said.getvalue()
        return answer

    def call(self, user, method, **arguments):
        import webob

        call = {"id": 1, "api_key": key_of(user), "method": method, "args": arguments}
        post = webob.Request.blank("/_admin/api", method="POST", body=json.dumps(call).encode(), content_type="application/json")
        post.remote_addr = "192.0.2.1"
        answer = post.get_response(self.application).json
        forget()
        return answer


def key_of(user):
    from kallithea.model import db

    key = db.User.get_by_username(user).api_key
    forget()
    return key


def number_of(repository):
    from kallithea.model import db

    number = db.Repository.get_by_repo_name(repository).repo_id
    forget()
    return number


def forget():
    from kallithea.model import meta

    meta.Session.remove()


def rights_of_another_kind(site):
    """A user who gets a right in a repository still sees pages, whatever right the form names."""
    give = lambda form: site.ask("user2", "/hg1/settings/permissions", form)
    for right in ("hg.admin", "hg.create.repository", "group.admin", "usergroup.read", "1", "", "nothing"):
        answers = [give({**FORM, "perm_new_member_perm_1": right}), give({"u_perm_default": right})]
        assert answers[1].status_code == 400, (right, answers[1].status)
        assert not right or answers[0].status_code == 400 and REFUSED in answers[0].said, (right, answers[0].said)
        # Strangers who may not look are sent to the sign-on form.
        assert site.ask("user3", "/").status_code == 200 and site.ask(None, "/").status_code in (200, 302), right
    assert give({**FORM, "perm_new_member_perm_1": "repository.write"}).status_code == 302
    assert site.ask("user3", "/").status_code == 200


def groups_of_each_kind():
    """Groups of repositories and groups of users have only rights of their own kinds."""
    import webob.exc
    from kallithea.model import meta
    from kallithea.model.repo import RepoModel
    from kallithea.model.repo_group import RepoGroupModel
    from kallithea.model.user_group import UserGroupModel

    group = RepoGroupModel().create("held", "x", "user2", just_db=True)
    users, others = (UserGroupModel().create(name, "x", "user2") for name in ("held", "others"))
    meta.Session().flush()
    for model, thing, kind in ((RepoModel(), "hg1", "repository"), (RepoGroupModel(), group, "group"), (UserGroupModel(), users, "usergroup")):
        for right in ("hg.admin", "repository.read", "group.read", "usergroup.read"):
            for give, to in ((model.grant_user_permission, "user3"), (model.grant_user_group_permission, others)):
                try:
                    give(thing, to, perm=right)
                except webob.exc.HTTPBadRequest:
                    assert not right.startswith(kind + "."), (kind, right)
                else:
                    assert right.startswith(kind + "."), (kind, right)
    meta.Session().rollback()
    forget()


def numbers(site):
    """A number leads to a repository only the users who may read it; other users do not learn its name."""
    number = number_of("hg2")
    for path in ("/_%d", "/_%d/changelog", "/_%d/repo_creating", "/_%d/refs-data", "/_%d/settings", "/_%d/files/tip/", "/_%d/feed/atom"):
        for user in (None, "user3"):
            answer = site.ask(user, path % number)
            assert answer.status_code in (302, 403, 404), (path, user, answer.status)
            assert "hg2" not in answer.text + str(answer.headers), (path, user, answer.headers.get("Location"))
    assert site.ask("user2", "/_%d" % number).status_code == 200
    location = site.ask(None, "/_%d/changelog?x=y" % number).headers["Location"]
    assert location.endswith("came_from=%%2F_%d%%2Fchangelog%%3Fx%%3Dy" % number), location
    assert "%2Fhg1%2Fsettings" in site.ask(None, "/hg1/settings").headers["Location"]
    for method, more in (("get_repo", {}), ("get_changesets", {}), ("get_changeset", {"raw_id": "tip"}), ("update_repo", {}), ("delete_repo", {})):
        answer = site.call("user3", method, repoid=number, **more)
        assert answer["error"] == "repository `%d` does not exist" % number, answer
    assert site.call("user2", "get_repo", repoid=number)["result"]["repo_name"] == "hg2"


def pull_requests(site):
    """A program gets a pull request only if its user may read the repository that the request comes from."""
    from kallithea.model import db, meta

    request = db.PullRequest()
    request.org_repo, request.other_repo = (db.Repository.get_by_repo_name(name) for name in ("hg2", "hg1"))
    request.org_ref = request.other_ref = "branch:default:" + "0" * 40
    request.owner, request.title, request.description = db.User.get_by_username("user2"), "of hg2", "x"
    request.revisions = []
    meta.Session().add(request)
    meta.Session().commit()
    forget()
    for user, expected in (("user2", ["of hg2"]), ("user3", [])):
        told = site.call(user, "get_repo", repoid="hg1", with_pullrequests=True)["result"]["pull_requests"]
        assert [one["title"] for one in told] == expected, (user, told)


def prepare_a_change():
    """Commit the same change to hg1 and hg2, as a fork has the changes of its origin."""
    import mercurial.context
    import mercurial.hg
    import mercurial.node
    from kallithea.lib.utils import make_ui
    from kallithea.model import db

    made = set()
    for name in ("hg1", "hg2"):
        repo = mercurial.hg.repository(make_ui(), os.fsencode(db.Repository.get_by_repo_name(name).repo_full_path))
        data = lambda repo, context, path: mercurial.context.memfilectx(repo, context, path, b"x\n")
        parents = [mercurial.node.nullid, None]
        context = mercurial.context.memctx(repo, parents, b"a change", [b"a.txt"], data, b"somebody <user5@example.com>", b"0 0", {})
        with repo.lock():
            made.add(mercurial.node.hex(repo.commitctx(context)).decode())
    forget()
    assert len(made) == 1, made
    return made.pop()


def votes(site, change):
    """A vote in a pull request is shown next to the change only to users who may read the repository of the request."""
    from kallithea.model import db, meta
    from kallithea.model.changeset_status import ChangesetStatusModel
    from kallithea.model.comment import ChangesetCommentsModel

    request = db.PullRequest()
    request.org_repo, request.other_repo = (db.Repository.get_by_repo_name(name) for name in ("hg1", "hg2"))
    request.org_ref = request.other_ref = "branch:default:" + change
    request.owner, request.title, request.description = db.User.get_by_username("user2"), "to hg2", "x"
    request.revisions = [change]
    meta.Session().add(request)
    meta.Session().flush()
    remark = ChangesetCommentsModel().create("a remark", "hg2", "user2", pull_request=request.pull_request_id, send_email=False)
    ChangesetStatusModel().set_status("hg2", "approved", "user2", remark, pull_request=request.pull_request_id)
    meta.Session().commit()
    forget()
    for user, is_told in (("user2", True), ("user3", False)):
        pages = {path: site.ask(user, path) for path in ("/hg1", "/hg1/changelog", "/hg1/changeset/" + change)}
        assert all(page.status_code == 200 for page in pages.values()), pages
        assert all(("/hg2/pull-request/" in page.text) == is_told for page in pages.values()), (user, pages)
        assert ("a remark" in pages["/hg1/changeset/" + change].text) == is_told, user
        told = site.call(user, "get_changeset", repoid="hg1", raw_id=change, with_reviews=True)["result"]["reviews"]
        assert bool(told) == is_told, (user, told)


def mails(site, change):
    """A comment on a change is mailed only to users who may read it: its author, earlier commenters, and users that it names."""
    import kallithea.model.notification

    sent = []
    kallithea.model.notification.send_email = lambda recipients, *arguments, **options: sent.extend(recipients)
    say = lambda user, name: site.ask(user, "/%s/changeset-comment/%s" % (name, change), {"text": "of interest to @user4"}).status_code
    assert say("user3", "hg1") == 200 and set(sent) >= {"user4@example.com", "user5@example.com"}, sent
    sent.clear()
    assert say("user2", "hg1") == 200 and "user3@example.com" in sent, sent
    sent.clear()
    assert say("user2", "hg2") == 200 and not {"user3@example.com", "user4@example.com", "user5@example.com"}.intersection(sent), sent


def names_of_groups(site):
    """A page shows the name of a group of users as text, and the list of groups shows what others have entered as text."""
    from kallithea.model import db, meta
    from kallithea.model.user import UserModel

    UserModel().grant_perm(db.User.get_by_username("user2"), "hg.usergroup.create.true")
    meta.Session().commit()
    for name in ("<img src=x onerror=stolen()>", "');stolen();('", 'a"b', "a\\b", "a&b", "a\nb", "", 5):
        assert "is not a valid name of a user group" in (site.call("user2", "create_user_group", group_name=name)["error"] or ""), name
    for name in ("Domain Users", "J\xf6rgs friends", "a.b-c_d (x)"):
        assert site.call("user2", "create_user_group", group_name=name)["error"] is None, name
        assert site.call("user2", "update_user_group", usergroupid=name, description="x")["error"] is None, name
        assert "is not a valid name" in site.call("user2", "update_user_group", usergroupid=name, group_name="<b>")["error"], name
    db.UserGroup.get_by_group_name("Domain Users").users_group_name = "<b>bold"
    meta.Session().commit()
    page = site.ask("user2", "/_admin/user_groups").text
    # The page's script contains it in this form.
    assert r'"raw_name": "\x26lt;b\x3ebold"' in page, page


def places_of_groups(site):
    """Only administrators create groups of repositories at the top; in a group, its own administrators do."""
    from kallithea.model import db, meta
    from kallithea.model.repo_group import RepoGroupModel
    from kallithea.model.user import UserModel

    UserModel().grant_perm(db.User.get_by_username("user2"), "hg.create.repository")
    UserModel().create_or_update("boss", "test-only", "boss@example.com", "boss", "boss", admin=True)
    RepoGroupModel().create("of-user2", "x", "user2")
    meta.Session().commit()
    number = db.RepoGroup.get_by_group_name("of-user2").group_id
    forget()

    def make(user, name, above):
        site.ask(user, "/_admin/repo_groups", {"group_name": name, "group_description": "x", "parent_group_id": above})
        found = [group.group_name for group in db.RepoGroup.query() if group.name == name]
        forget()
        return found

    assert make("user2", "top", "-1") == [] and make("user3", "top", str(number)) == []
    assert make("user2", "below", str(number)) == ["of-user2/below"]
    assert make("boss", "top", "-1") == ["top"]
    edit = {"group_name": "renamed", "group_description": "x", "parent_group_id": "-1"}
    assert site.ask("user2", "/_admin/repo_groups/of-user2/below", edit).status_code == 200
    assert site.ask("user2", "/_admin/repo_groups/of-user2", edit).status_code == 302
    names = sorted(group.group_name for group in db.RepoGroup.query())
    forget()
    assert names == ["renamed", "renamed/below", "top"], names


def pages_of_changes(site):
    """A page of a repository has at most as many changes as any other page of Kallithea."""
    from kallithea.controllers import summary

    sizes = []
    page = summary.Page.__wrapped__
    make = summary.Page.kallithea_bridge[0](lambda collection, **options: sizes.append(options["items_per_page"]) or page(collection, **options))
    kept, summary.Page = summary.Page, make
    for size in ("0", "-1", "7", "100000", "9" * 30):
        assert site.ask("user3", "/hg1?size=" + size).status_code == 200, size
    summary.Page = kept
    assert sizes == [1, 1, 7, 2000, 2000], sizes


def answers_that_are_no_pages(site):
    """A page that repeats a part of its address shows it as text."""
    from kallithea.model import db, meta

    for name in ("hg1", "hg3"):
        db.Repository.get_by_repo_name(name).enable_downloads = True
    meta.Session().commit()
    forget()
    for path in ("/hg1/archive/%3Cimg%20src=x%20onerror=stolen()%3E.zip", "/hg3/archive/%3Cb%3E.zip", "/hg1/archive/%3Cb%3E"):
        answer = site.ask("user3", path)
        assert answer.content_type == "text/plain" and "sandbox" in answer.headers["Content-Security-Policy"], (path, answer.content_type)
    assert site.ask("user3", "/hg1/archive/tip.zip").content_type == "application/zip"


def links_of_pages(site, change):
    """The links of a page to itself stay on this site, whatever else its address contains."""
    for more in ("host=other.example", "protocol=javascript&host=%250astolen()//", "qualified=1", "_host=x&_protocol=javascript", "sub_domain=x"):
        for page in ("changeset/%s?%s" % (change, more), "diff/a.txt?diff1=%s&diff2=%s&%s" % (change, change, more)):
            links = re.findall('href="([^"]*ignorews=1[^"]*)"', site.ask("user3", "/hg1/" + page).text)
            assert links and all(link.startswith("/hg1/") for link in links), (page, links)


def has_git():
    from kallithea.model import db

    found = db.Repository.get_by_repo_name("git1") is not None
    forget()
    return found


def replaced(site):
    """A change in Git is shown as it is, although a user has pushed a replacement for it."""
    from kallithea.model import db

    path = db.Repository.get_by_repo_name("git1").repo_full_path
    forget()
    first, shown, hidden = (commit(path, text) for text in ("first", "what is shown", "what is hidden"))
    shown, hidden = (run(path, "commit-tree", "-p", first, "-m", "a change", one + "^{tree}") for one in (shown, hidden))
    run(path, "update-ref", "refs/heads/master", hidden)
    run(path, "update-ref", "refs/replace/" + hidden, shown)
    run(path, "update-ref", "refs/heads/" + hidden, shown)
    for page in ("changeset", "raw-changeset", "changeset-diff", "changeset-patch"):
        answer = site.ask("user3", "/git1/%s/%s" % (page, hidden))
        assert "what is hidden" in answer.text and "what is shown" not in answer.text, (page, answer.status)
    assert site.ask("user3", "/git1/raw/%s/a.txt" % hidden).text == "what is hidden\n"
    run(path, "update-ref", "-d", "refs/heads/" + hidden)


def compared(site):
    """A comparison of two Git repositories leaves both unchanged."""
    from kallithea.model import db

    paths = [db.Repository.get_by_repo_name(name).repo_full_path for name in ("git1", "git2")]
    forget()
    base = run(paths[0], "rev-parse", "refs/heads/master")
    run(paths[0], "push", "--quiet", paths[1], "refs/heads/master:refs/heads/master")
    new = run(paths[1], "commit-tree", "-p", base, "-m", "of the second", commit(paths[1], "the second") + "^{tree}")
    run(paths[1], "update-ref", "refs/heads/master", new)
    run(paths[0], "update-ref", "refs/heads/other", commit(paths[0], "the first"))
    before = [run(path, "count-objects", "-v") for path in paths]
    page = "/git1/compare/branch@master...branch@master?other_repo=git2&merge=1"
    answer = site.ask("user3", page)
    assert answer.status_code == 200 and "of the second" in answer.text and "the second" in answer.text, answer.text
    form = {"org_repo": "git2", "org_ref": "branch:master:" + new, "other_repo": "git1", "other_ref": "branch:master:" + base}
    answer = site.ask("user3", "/git2/pull-request/new", {**form, "pullrequest_title": "of the second", "pullrequest_desc": "x"})
    assert answer.status_code == 302, answer.text
    assert "of the second" in site.ask("user3", answer.headers["Location"].replace("http://localhost", "")).text
    assert [run(path, "count-objects", "-v") for path in paths] == before, "objects were copied"


def commit(path, text):
    blob = run(path, "hash-object", "-w", "--stdin", text=text + "\n")
    tree = run(path, "mktree", text="100644 blob %s\ta.txt\n" % blob)
    return run(path, "commit-tree", "-m", text, tree)


def run(path, *arguments, text=""):
    names = {"GIT_%s_%s" % (who, what): "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    command = ["git", *arguments]
    return subprocess.run(command, cwd=path, env={**os.environ, **names}, input=text, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
