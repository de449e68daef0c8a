"""Creates users and repositories for a Kallithea:
populate.py INI FOLDER USERS REPOSITORIES [--without-git] [--extension FILE] [--also NAME]

Changes the database of the ini file. Its repositories are those in FOLDER, which are created again: half of them Mercurial's and
half of them Git's. All users may push to all of them. The users are user1, user2 and so on. Other pairs of repositories may have
names of their own after hg and git. A repository that Kallithea refuses is left out, with a message.
"""
import argparse
import os
import shutil
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ini")
    parser.add_argument("folder")
    parser.add_argument("users", type=int)
    parser.add_argument("repositories", type=int)
    parser.add_argument("--without-git", action="store_true")
    parser.add_argument("--extension", help="of Mercurial, for its repositories")
    parser.add_argument("--also", metavar="NAME", action="append", default=[])
    arguments = parser.parse_args()
    folder = os.path.abspath(arguments.folder)
    names = ["%d" % place for place in range(1, arguments.repositories + 1)] + arguments.also
    make_repositories(folder, names, not arguments.without_git)
    load(os.path.abspath(arguments.ini))
    if arguments.extension:
        extend(os.path.abspath(arguments.extension))
    record(folder, arguments.users)


def make_repositories(folder, names, with_git):
    """Empty repositories: hg1 and git1, hg2 and git2, and so on."""
    import mercurial.hg
    import mercurial.initialization
    import mercurial.ui

    # Mercurial 7.2 asks for this before the first extension.
    mercurial.initialization.init()
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in names:
        path = os.path.join(folder, "hg" + name)
        mercurial.hg.repository(mercurial.ui.ui(), os.fsencode(path), create=True)
        if with_git:
            path = os.path.join(folder, "git" + name)
            subprocess.run(["git", "init", "--quiet", "--bare", path], check=True)


def extend(extension):
    from kallithea.model import db, meta

    meta.Session().add(db.Ui(ui_section="extensions", ui_key="tested", ui_value=extension))
    meta.Session().commit()


def load(ini):
    from paste.deploy import loadapp

    sys.argv = [sys.argv[0]]
    loadapp("config:" + ini)


def record(folder, users):
    """Make the database list the repositories in the folder."""
    import kallithea
    from kallithea.lib.utils import repo2db_mapper
    from kallithea.model import db, meta
    from kallithea.model.scm import ScmModel
    from kallithea.model.user import UserModel

    for number in range(1, users + 1):
        name = "user%d" % number
        UserModel().create_or_update(name, "test-only", name + "@example.com", name, name)
    session = meta.Session()
    db.Ui.query().filter(db.Ui.ui_section == "paths").one().ui_value = folder
    session.commit()
    kallithea.CONFIG["base_path"] = folder
    repo2db_mapper(ScmModel().repo_scan(folder), remove_obsolete=True, install_git_hooks=True)
    permission = db.Permission.get_by_key("repository.write")
    for row in db.UserRepoToPerm.query().filter(db.UserRepoToPerm.user_id == kallithea.DEFAULT_USER_ID):
        row.permission = permission
    session.commit()


main()
