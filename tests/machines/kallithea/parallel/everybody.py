"""Checks what one user can do to all others: everybody.py INI

Ends with an exception if a right is taken from all users, if strangers can read something private, or if an error of one user
remains as an error for all users.

user2 administers a repository and groups of both kinds, and boss the site. grants.py is in the same folder as this file.
"""
import os
import subprocess

from grants import commit, forget, has_git, opened, run

NEW = {"perm_new_member_name_1": "user3", "perm_new_member_type_1": "user"}


def main():
    site = opened()
    groups = prepare()
    rights_of_everybody(site, groups)
    rights_that_are_missing(site)
    private_ones(site)
    gists(site)
    removed_ones(site)
    requests_of_ones_own(site)
    changes(site)
    files(site)
    if has_git():
        refs(site)


def prepare():
    """The numbers of a group of users and of the account for strangers."""
    from kallithea.model import db, meta
    from kallithea.model.repo import RepoModel
    from kallithea.model.repo_group import RepoGroupModel
    from kallithea.model.user import UserModel
    from kallithea.model.user_group import UserGroupModel

    UserModel().create_or_update("boss", "test-only", "boss@example.com", "boss", "boss", admin=True)
    UserModel().grant_perm(db.User.get_by_username("user2"), "hg.create.repository")
    UserModel().grant_perm(db.User.get_by_username("user2"), "hg.fork.repository")
    RepoModel().grant_user_permission("hg1", "user2", "repository.admin")
    group, users = RepoGroupModel().create("group", "x", "user2"), UserGroupModel().create("users", "x", "user2")
    RepoGroupModel().grant_user_permission(group, "default", "group.read")
    meta.Session().commit()
    found = users.users_group_id, db.User.get_default_user().user_id
    forget()
    return found


def rights_of_everybody(site, groups):
    """An administrator of something cannot take its right from all users; others still see pages, and administrators see it."""
    users, strangers = groups
    places = {
        "/hg1/settings/permissions": ("repository.write", "/hg1"),
        "/_admin/repo_groups/group/edit/permissions": ("group.write", "/group"),
        "/_admin/user_groups/%d/edit/perms" % users: ("usergroup.write", "/_admin/user_groups/%d/edit" % users),
    }
    for place, (right, page) in places.items():
        assert site.ask("user2", place, {**NEW, "perm_new_member_perm_1": right, "recursive": "none"}).status_code == 302, place
        form = {"obj_type": "user", "user_id": str(strangers), "recursive": "none"}
        answer = site.ask("user2", place + "/delete", form)
        assert answer.status_code in (200, 204) and "everybody's right" in answer.said, (place, answer.status, answer.said)
        for user, path in (("user3", "/"), ("user4", "/"), ("user3", "/_admin/user_groups"), ("boss", page), ("user2", page)):
            assert site.ask(user, path).status_code == 200, (place, user, path)
        assert site.ask("user4", page).status_code in (302, 403), place
    told = site.call("user2", "revoke_user_permission_from_repo_group", repogroupid="group", userid="default")
    assert told["error"] is None and site.ask("boss", "/group").status_code == 200, told
    assert site.ask("user3", "/group").status_code == site.ask("user3", "/hg1").status_code == 200
    site.ask("user2", "/hg1/settings/permissions/delete", {"obj_type": "user", "user_id": str(number_of_user("user3"))})
    assert site.ask("user3", "/hg1").status_code == 403


def number_of_user(name):
    from kallithea.model import db

    number = db.User.get_by_username(name).user_id
    forget()
    return number


def rights_that_are_missing(site):
    """A right that was taken from all users before is not an error, and hides nothing from administrators."""
    from kallithea.model import db, meta
    from kallithea.model.repo import RepoModel

    RepoModel().grant_user_permission("hg3", "user3", "repository.write")
    missing = db.UserRepoToPerm.query().filter_by(repository=db.Repository.get_by_repo_name("hg3"), user=db.User.get_default_user())
    meta.Session().delete(missing.one())
    meta.Session().commit()
    forget()
    statuses = [site.ask(user, path).status_code for user in ("user3", "boss", "user4") for path in ("/", "/hg3")]
    assert statuses == [200, 200, 200, 200, 200, 403], statuses


def private_ones(site):
    """A private repository is private to strangers, whatever rights it was created with or had before."""
    from kallithea.model import db, meta
    from kallithea.model.repo import RepoModel
    from kallithea.model.repo_group import RepoGroupModel

    RepoGroupModel().grant_user_permission("group", "default", "group.read")
    db.User.get_default_user().active = True
    meta.Session().commit()
    forget()
    for is_private in (False, True):
        names = ["%s%s" % (name, is_private) for name in ("fork", "group/made")]
        made = site.call("user2", "fork_repo", repoid="hg4", fork_name=names[0], private=is_private, copy_permissions=True)
        assert made["error"] is None, made
        made = site.call("user2", "create_repo", repo_name=names[1], private=is_private, copy_permissions=True, repo_type="hg")
        assert made["error"] is None, made
        site.call("user2", "grant_user_permission_to_repo_group", repogroupid="group", userid="default", perm="group.read", apply_to_children="all")
        for name in names:
            assert (site.ask(None, "/" + name).status_code == 200) != is_private, name
            assert (site.ask(None, "/%s/raw/tip/a.txt" % name).status_code == 404) != is_private, name
            assert site.ask("user2", "/" + name).status_code == 200, name
    RepoModel().grant_user_permission("forkTrue", "user3", "repository.read")
    meta.Session().commit()
    forget()
    assert site.ask("user3", "/forkTrue").status_code == 200


def gists(site):
    """A gist that cannot be created affects only its author."""
    files = {"a.txt": {"content": "x"}}
    # The form can make such gists as well.
    for name in (".hidden", "a/b", "\ud800"):
        assert site.call("user3", "create_gist", files={name: {"content": "x"}})["error"], name
        for user in ("user2", "user4"):
            made = site.call(user, "create_gist", files=files)
            assert made["error"] is None, (name, made)
            assert site.ask(None, "/_admin/gists/" + made["result"]["gist"]["access_id"]).status_code == 200


def removed_ones(site):
    """The gists of a deleted user cause no errors for other users."""
    from kallithea.model import meta
    from kallithea.model.user import UserModel

    UserModel().create_or_update("gone", "test-only", "gone@example.com", "gone", "gone")
    meta.Session().commit()
    forget()
    left = site.call("gone", "create_gist", files={"a.txt": {"content": "x"}})["result"]["gist"]["access_id"]
    assert site.call("boss", "delete_user", userid="gone")["error"] is None
    page = site.ask("user3", "/_admin/gists")
    assert page.status_code == 200 and "/_admin/gists/1" in page.text and "/_admin/gists/%s\"" % left not in page.text, page.status
    assert site.ask("user3", "/_admin/gists/" + left).status_code == 200
    assert site.call("boss", "delete_gist", gistid=left)["error"] is None


def requests_of_ones_own(site):
    """A user's page of pull requests lists only those in repositories that the user may read."""
    from kallithea.model import db, meta
    from kallithea.model.repo import RepoModel

    request = db.PullRequest()
    request.org_repo, request.other_repo = (db.Repository.get_by_repo_name(name) for name in ("hg3", "hg2"))
    request.org_ref = request.other_ref = "branch:default:" + "0" * 40
    request.owner, request.title, request.description, request.revisions = db.User.get_by_username("user4"), "a title", "x", []
    meta.Session().add(request)
    for name in ("hg3", "hg2"):
        RepoModel().grant_user_permission(name, "user5", "repository.read")
    meta.Session().add(db.PullRequestReviewer(db.User.get_by_username("user5"), request))
    meta.Session().commit()
    forget()
    seen = lambda: ["a title" in site.ask(user, "/my_pullrequests").text for user in ("user4", "user5")]
    # The right of all users on hg3 was removed before.
    assert seen() == [False, True], seen()
    RepoModel().grant_user_permission("hg2", "user5", "repository.none")
    RepoModel().grant_user_permission("hg2", "default", "repository.none")
    meta.Session().commit()
    forget()
    assert seen() == [False, False], seen()


def changes(site):
    """A change without a valid date is shown, and one page has at most as many changes as Kallithea's lists."""
    import kallithea_bridge_limits as limits
    from kallithea.model import db

    for date in ((1e15, 0), (-1e12, 0), (0, 0)):
        change = of_a_date("hg4", date)
        for page in ("", "/changelog", "/files/tip/", "/feed/atom", "/changeset/" + change):
            assert site.ask("user2", "/hg4" + page).status_code == 200, (date, page)
    count = db.Repository.get_by_repo_name("hg4").scm_instance.count()
    forget()
    assert site.ask("user2", "/hg4/changeset/0...tip").status_code == 200
    for page in ("changeset", "raw-changeset", "changeset-patch"):
        kept, limits.CHANGES = limits.CHANGES, count - 1
        answers = [site.ask("user2", "/hg4/%s/%s" % (page, ends)).status_code for ends in ("0...tip", "1...tip", "tip", "0...nothing")]
        limits.CHANGES = kept
        assert answers[0] == 400 and answers[2] == 200 and 400 != answers[1] and answers[3] == 404, (page, answers)


def of_a_date(name, date):
    """Commit a change with a date that Mercurial itself would accept from a push."""
    import mercurial.context
    import mercurial.hg
    import mercurial.node
    from kallithea.lib.utils import make_ui
    from kallithea.model import db

    repo = mercurial.hg.repository(make_ui(), os.fsencode(db.Repository.get_by_repo_name(name).repo_full_path))
    data = lambda repo, context, path: mercurial.context.memfilectx(repo, context, path, b"%r\n" % (date,))
    context = mercurial.context.memctx(repo, [repo[b"tip"].node(), mercurial.node.nullid], b"x", [b"b.txt"], data, b"somebody", b"0 0", {})
    context._date = date
    with repo.lock():
        change = mercurial.node.hex(repo.commitctx(context)).decode()
    forget()
    return change


def files(site):
    """A page adds a file only if clients can write its name."""
    from kallithea.model import db

    kinds = ("hg4", "git4") if has_git() else ("hg4",)
    for name in kinds:
        count = lambda: len(db.Repository.get_by_repo_name(name).scm_instance.revisions)
        add = lambda place, file: site.ask("user2", "/%s/add/tip/" % name, {"location": place, "filename": file, "content": file, "message": "x"})
        add("docs", "a.txt")
        before = count()
        refused = [("a", "b\x00c"), ("a", "b\nc"), ("a/.git", "config"), ("a/.HG", "hgrc"), ("a", ".git. "), ("a", "git~1")]
        # On Windows, Kallithea takes only what follows the last backslash.
        refused += [("a", "b\\.git\\c")] if os.sep == "/" else []
        for place, file in refused:
            assert add(place, file).status_code == 302 and count() == before, (name, place, file)
        for place, file in (("", "added.txt"), ("docs", "read.me"), ("docs/.github", "x"), ("docs", ".gitignore"), ("docs", "J\xf6rg")):
            add(place, file)
        assert count() == before + 5, (name, before, count())
        forget()
        assert site.ask("user2", "/%s/files/tip/docs" % name).status_code == 200


def refs(site):
    """A pull request names changes by their hashes, however its author named them, and pushes still work."""
    from kallithea.model import db

    path = db.Repository.get_by_repo_name("git1").repo_full_path
    forget()
    first = commit(path, "first")
    second = run(path, "commit-tree", "-p", first, "-m", "second", first + "^{tree}")
    for name, change in (("master", first), ("other", second)):
        run(path, "update-ref", "refs/heads/" + name, change)
    form = {"org_repo": "git1", "other_repo": "git1", "pullrequest_title": "x", "pullrequest_desc": "x"}
    pages = []
    for change in ("other", second[:12], second):
        answer = site.ask("user3", "/git1/pull-request/new", {**form, "org_ref": "branch:other:" + change, "other_ref": "branch:master:master"})
        pages += [answer.headers["Location"].replace("http://localhost", "")] if answer.status_code == 302 else []
    assert pages and all(site.ask("user3", page).status_code == 200 for page in pages), pages
    for change in ("other^{commit}", "nothing", "-x", "HEAD@{0}"):
        answer = site.ask("user3", "/git1/pull-request/new", {**form, "org_ref": "branch:other:" + change, "other_ref": "branch:master:" + first})
        assert answer.status_code == 404, (change, answer.status)
    assert set(run(path, "for-each-ref", "--format=%(objectname)", "refs/pull").split()) == {second}
    third = run(path, "commit-tree", "-p", second, "-m", "third", first + "^{tree}")
    subprocess.run(["git", "push", "--quiet", path, third + ":refs/heads/other"], cwd=path, check=True, env={**os.environ, "GIT_CONFIG_COUNT": "1",
                   "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": os.devnull})


main()
