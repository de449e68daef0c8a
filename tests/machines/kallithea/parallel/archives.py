"""Downloads archives of a repository of Git where there is nothing but git, in a folder with a space: archives.py INI

Ends with an exception if an archive does not have the files, if one that git could not make is sent or kept, if a repository of another
account cannot be copied, or if the bridge says something else of git than what is so. grants.py is in the same folder as this file.
"""
import io
import os
import shutil
import tarfile
import zipfile

from grants import commit, forget, opened, run

# A name with the letters that mean something to a shell.
FOLDER = "Program Files (x86) & $HOME"


def main():
    settings()
    site = opened()
    program = alone()
    described(program)
    path = prepare()
    change = commit(path, "one")
    run(path, "update-ref", "refs/heads/master", change)
    copied(path, change)
    kept = keep_archives()
    for ending in (".zip", ".tar", ".tar.gz", ".tar.bz2"):
        address = "/git1/archive/%s%s" % (change, ending)
        first, again = (site.ask("user2", address) for _ in range(2))
        assert first.status_code == 200, (address, first.status_code)
        assert first.body == again.body and files(ending, first.body) == ["git1-%s/a.txt" % change[:12]], address
    assert len(os.listdir(kept)) == 4
    broken(site, path, kept)


def settings():
    """The settings come after those that the environment already has."""
    import kallithea_bridge_git as git

    variables = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    git.open_all_repositories(variables)
    assert variables["GIT_CONFIG_COUNT"] == "3" and variables["GIT_CONFIG_KEY_0"] == "a.b", variables
    assert variables["GIT_CONFIG_KEY_1"] == "safe.directory" and variables["GIT_CONFIG_VALUE_1"] == "*", variables
    strange = {"GIT_CONFIG_COUNT": "many"}
    git.open_all_repositories(strange)
    assert strange == {"GIT_CONFIG_COUNT": "many"}


def alone():
    """Make git the one program that this process finds."""
    from kallithea.lib.vcs.conf import settings

    folder = os.path.abspath(FOLDER)
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, "git")
    if not os.path.lexists(program):
        os.symlink(shutil.which("git"), program)
    os.environ["PATH"] = folder
    settings.GIT_EXECUTABLE_PATH = program
    return program


def described(program):
    from kallithea.lib.vcs.conf import settings

    import kallithea_bridge_git as git

    said = git.described()
    assert said.startswith("git version ") and said.endswith(", " + program), said
    settings.GIT_EXECUTABLE_PATH = os.path.abspath("none/git")
    said = git.described()
    assert " does not start (" in said and " repositories need it" in said and "bridge.git" in said, said
    settings.GIT_EXECUTABLE_PATH = ""
    assert "git_path of the ini file is empty" in git.described()
    settings.GIT_EXECUTABLE_PATH = program


def prepare():
    from kallithea.model import db, meta

    repository = db.Repository.get_by_repo_name("git1")
    repository.enable_downloads = True
    path = repository.repo_full_path
    meta.Session().commit()
    forget()
    return path


def copied(path, change):
    """A fork, and what is fetched afterwards, have the changes of a repository that belongs to another account."""
    from kallithea.lib.vcs.backends.git import GitRepository

    import kallithea_bridge_git as git

    before = dict(os.environ)
    os.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    git.open_all_repositories(os.environ)
    try:
        shutil.rmtree("fork", ignore_errors=True)
        fork = GitRepository(os.path.abspath("fork"), create=True, src_url=path, bare=True)
        assert fork.revisions == [change], fork.revisions
        run(fork.path, "update-ref", "-d", "refs/heads/master")
        fork.fetch(path)
        assert run(fork.path, "rev-parse", "refs/heads/master") == change
    finally:
        os.environ.clear()
        os.environ.update(before)


def keep_archives():
    import kallithea

    folder = os.path.abspath("archives")
    shutil.rmtree(folder, ignore_errors=True)
    kallithea.CONFIG["archive_cache_dir"] = folder
    return folder


def files(ending, body):
    if ending == ".zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return [member.name for member in archive if member.isfile()]


def broken(site, path, kept):
    """Git stops in the middle of an archive: the answer is an error, and nothing is kept."""
    change = commit(path, "two")
    run(path, "update-ref", "refs/heads/master", change)
    blob = run(path, "rev-parse", change + ":a.txt")
    os.remove(os.path.join(path, "objects", blob[:2], blob[2:]))
    for ending in (".zip", ".tar", ".tar.gz", ".tar.bz2"):
        try:
            answer = site.ask("user2", "/git1/archive/%s%s" % (change, ending))
            assert answer.status_code == 500, (ending, answer.status_code)
        except RuntimeError as error:
            assert "git made no archive" in str(error), error
    assert not [name for name in os.listdir(kept) if change[:12] in name], os.listdir(kept)


main()
