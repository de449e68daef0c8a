"""Changes files on the web on branches of Git that have the same last commit: branches.py INI

Ends with an exception if a change goes to another branch than the page's. grants.py is in the same folder as this file.
"""
from grants import commit, forget, opened, run

BRANCHES = ("zed", "master", "dev")


def main():
    site = opened()
    repository = prepare()
    for branch in BRANCHES:
        run(repository, "branch", "-f", branch, "start")
    for branch in BRANCHES:
        changed(site, branch, "add", {"location": "", "filename": branch + ".txt", "content": "1", "message": "add"})
        assert site.ask("user2", "/git1/edit/%s/%s.txt" % (branch, branch)).status_code == 200, branch
        changed(site, branch, "edit", {"content": "2", "message": "edit"}, branch + ".txt")
        changed(site, branch, "delete", {"message": "delete"}, branch + ".txt")
    # Of several branches the pages name the one that HEAD names.
    for branch in BRANCHES:
        run(repository, "branch", "-f", branch, "start")
    start = run(repository, "rev-parse", "start")
    page = site.ask("user2", "/git1/files/%s/a.txt" % start).text
    assert "Edit on Branch: master" in page, page


def prepare():
    """Let user2 change the repository, and mark its last commit."""
    from kallithea.model import db, meta
    from kallithea.model.repo import RepoModel

    RepoModel().grant_user_permission("git1", "user2", "repository.write")
    meta.Session().commit()
    path = db.Repository.get_by_repo_name("git1").repo_full_path
    forget()
    run(path, "tag", "start", commit(path, "text"))
    return path


def changed(site, branch, page, form, file=""):
    """Submit a form, and check that this branch alone has one more commit."""
    from kallithea.model import db

    path = db.Repository.get_by_repo_name("git1").repo_full_path
    forget()
    tips = lambda: {name: run(path, "rev-parse", "refs/heads/" + name) for name in BRANCHES}
    before = tips()
    assert site.ask("user2", "/git1/%s/%s/%s" % (page, branch, file), form).status_code == 302, (page, branch)
    after = tips()
    moved = [name for name in BRANCHES if before[name] != after[name]]
    assert moved == [branch], (page, branch, moved)


main()
