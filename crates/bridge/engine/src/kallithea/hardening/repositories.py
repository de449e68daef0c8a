"""Takes what is in a repository as data, where Mercurial, Git and Kallithea 0.7.0 would read files, go elsewhere or run code by it.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""
import os
import re
import subprocess

from kallithea_bridge_guards import Guard

# What stands in no need of an escape in a string of Mercurial's revision language.
PLAIN_IN_REVSETS = re.compile(rb"[^\w ./+-]", re.ASCII)

# A section of `.hgsub` with expressions, which would be matched while others wait; wherever Mercurial sees a line begin.
SUBPATHS = re.compile(rb"\[subpaths\]")

# Every section of a `hgrc` but those that Mercurial itself writes.
OWN_SECTION = re.compile(rb"(?m)^\[(?!(paths|ui)\])")

# Every option with which Kallithea 0.7.0 starts Git; an argument that looks like another is somebody's name.
OPTIONS = re.compile(
    r"--(abbrev=40|advertise-refs|all|bare|binary|branches|children|date-order|ff-only|format=(%\(refname\)|tar|zip)|full-index"
    r"|max-count=-?\d+|no-checkout|not|pretty=format:%H|remotes|reverse|root|since|stateless-rpc|tags|until|version)"
    r"|-[Mhlnpqrsw]|-U\d+"
)

# Commands of Git that go to another repository, and by which ways they may.
TRANSFERS = ("clone", "fetch", "ls-remote", "pull")
WAYS = "file:git:http:https"

# What else would have a program started by a command that reads, or another repository entered.
QUIET = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
}

# Which programs Git would show or compare files by.
BARE = {
    "blame": ["--no-textconv"],
    "diff": ["--no-ext-diff", "--no-textconv"],
    "log": ["--no-ext-diff", "--no-textconv"],
    "show": ["--no-ext-diff", "--no-textconv"],
}

# Letters of a name that no shell takes for anything else.
ODD_IN_SHELLS = re.compile(r"[^\w.+-]")

# Files that were not read, of which the log has been told.
_told = set()


class NameOfBranch(str):
    """A branch's name, which in the revision language stays the text that it is, whatever is in it."""

    def encode(self, *arguments, **options):
        name = super().encode(*arguments, **options)
        return b"literal:" + PLAIN_IN_REVSETS.sub(lambda found: b"\\x%02x" % found[0][0], name)


def of_a_named_branch(get_changesets):
    """The changes of a branch, by its name alone. Kallithea puts the name between quotes, and asks Mercurial the whole."""

    def call(self, start=None, end=None, start_date=None, end_date=None, branch_name=None, *arguments, **options):
        name = NameOfBranch(branch_name) if branch_name else None
        return get_changesets(self, start, end, start_date, end_date, name, *arguments, **options)

    return call


def of_a_branch_that_is_no_option(get_changesets):
    """The changes of a branch of Git, whose commands take for an option what begins like one."""

    def call(self, start=None, end=None, start_date=None, end_date=None, branch_name=None, *arguments, **options):
        if branch_name and branch_name.startswith("-"):
            from kallithea.lib.vcs.exceptions import BranchDoesNotExistError

            raise BranchDoesNotExistError("Branch %r would be an option of Git's, and is not shown" % branch_name)
        return get_changesets(self, start, end, start_date, end_date, branch_name, *arguments, **options)

    return call


def by_the_letter(match):
    """Names in the revision language for what they are: a branch, a bookmark or a tag may be called `re:` and more."""

    def call(pattern, *arguments, **options):
        return match(b"literal:" + pattern if pattern.startswith(b"re:") else pattern, *arguments, **options)

    return call


def without_expressions(read_state):
    """The subrepositories of a change, without the expressions by which it would have their sources rewritten."""

    def call(context, *arguments, **options):
        return read_state(WithoutExpressions(context), *arguments, **options)

    return call


class WithoutExpressions:
    """A change of Mercurial whose files have no section [subpaths]."""

    def __init__(self, context):
        self.context = context

    def __getattr__(self, name):
        return getattr(self.context, name)

    def __contains__(self, path):
        return path in self.context

    def __getitem__(self, path):
        return DataWithoutExpressions(self.context[path])


class DataWithoutExpressions:
    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def data(self):
        return SUBPATHS.sub(b"[ignored]", self.file.data())


def of_its_folder_alone(fill):
    """An archive without subrepositories: they are wherever somebody has written down, and somebody else's."""

    def fill_archive(self, stream=None, kind="tgz", prefix=None, subrepos=False):
        if subrepos:
            print("an archive was asked for with subrepositories, and made without")
        return fill(self, stream=stream, kind=kind, prefix=prefix)

    return fill_archive


def below_a_plain_folder(fill):
    """An archive whose folder has a name for itself: Kallithea starts Git by a shell, which has the name in its line."""

    def fill_archive(self, stream=None, kind="tgz", prefix=None, subrepos=False):
        name = "%s-%s" % (self.repository.name, self.short_id) if prefix is None else prefix
        return fill(self, stream=stream, kind=kind, prefix=ODD_IN_SHELLS.sub("-", name))

    return fill_archive


def of_no_kind(check):
    """No subrepository is opened on the server. Clients clone them, as ever, from where they are."""

    def call(ui, kind):
        import mercurial.error

        raise mercurial.error.Abort(b"subrepositories are not opened on the server")

    return call


def of_the_server(read):
    """Files with settings for Mercurial, but for those of repositories: Kallithea's settings are in its database."""

    def call(self, filename, root=None, trust=False, *arguments, **options):
        if trust:
            return read(self, filename, root, trust, *arguments, **options)
        tell_of(os.fsdecode(filename))

    return call


def tell_of(path):
    """Say once that a file is not read, where an administrator may have written into it."""
    if path in _told or not os.path.isfile(path):
        return
    _told.add(path)
    with open(path, "rb") as file:
        if OWN_SECTION.search(file.read()):
            print("%s is not read: extensions, hooks and the like are Kallithea's to set, for all repositories" % path)


def below_the_folder(make):
    """Repositories of Kallithea's alone: another brings its settings, its hooks and its links along."""

    def call(ui, path, *arguments, **options):
        if not is_kallitheas(path):
            import mercurial.error

            raise mercurial.error.RepoError(b"repository %s not found" % path)
        # A server from which one is cloned names another address to clone from: one of this machine, a share, or a file of it.
        ui.setconfig(b"ui", b"clonebundles", b"no", b"kallithea-iisc")
        return make(ui, path, *arguments, **options)

    return call


def is_kallitheas(path):
    """Whether a repository is where Kallithea keeps its repositories."""
    import kallithea
    import mercurial.util
    from kallithea.model import db

    place = os.fsdecode(mercurial.util.expandpath(path))
    base = kallithea.CONFIG.get("base_path")
    # An administrator may have named another folder since.
    return bool(base) and (stands_free(place, base) or stands_free(place, db.Ui.get_repos_location()))


def stands_free(place, folder):
    """Whether a repository is below a folder and in no other repository.

    The links on its way are an administrator's: nobody else can make one but in a repository's own files.
    """
    ways = [os.path.realpath] if ".." in re.split(r"[\\/]", place) else [os.path.abspath, os.path.realpath]
    for way in ways:
        root, path = (os.path.normcase(way(name)).rstrip(os.sep) + os.sep for name in (folder, place))
        if path.startswith(root) and path != root:
            above = path[len(root):].rstrip(os.sep).split(os.sep)[:-1]
            if not any(is_repository(os.path.join(root, *above[:end])) for end in range(1, len(above) + 1)):
                return True
    return False


def is_repository(folder):
    """Whether a folder looks like a repository, of which only the names are looked at."""
    there = lambda *names: all(os.path.exists(os.path.join(folder, name)) for name in names)
    return there(".hg") or there(".git") or there("HEAD", "objects", "refs")


def by_its_own_options(begin):
    """Git with the options that Kallithea has for it, no other program by its side, and where it reads no other repository."""

    def begin_git(self, cmd, *arguments, **options):
        name, cmd = as_data(cmd)
        if name != "receive-pack":
            options["env"] = environment(options.get("env"), WAYS if name in TRANSFERS else None)
        begin(self, cmd, *arguments, **options)

    return begin_git


def as_data(cmd):
    """The name of a command of Git, and the command with settings of its own."""
    from kallithea.lib.vcs.conf import settings

    place = 1
    while cmd[place] == "-c":
        place += 2
    name = cmd[place]
    end = cmd.index("--") if "--" in cmd else len(cmd)
    for argument in cmd[place:end]:
        if argument.startswith("-") and not OPTIONS.fullmatch(argument) and argument != settings.GIT_REV_FILTER:
            # What Kallithea expects where Git could not be started.
            raise OSError("%r is not an option that Kallithea uses for git" % argument)
    if name == "receive-pack":
        return name, cmd
    quiet = [word for pair in QUIET.items() for word in ("-c", "%s=%s" % pair)]
    return name, cmd[:place] + quiet + [name] + BARE.get(name, []) + cmd[place + 1:]


def environment(variables, ways=None):
    """The variables of a command that reads; without ways, it goes to no other repository whatever its own settings say.

    Each object is the one of its name: a push can bring others that Git, and Git alone, would show in their places.
    """
    found = dict(os.environ if variables is None else variables, GIT_TERMINAL_PROMPT="0", GIT_NO_REPLACE_OBJECTS="1")
    if ways is None:
        found.update(GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1")
    else:
        found.setdefault("GIT_ALLOW_PROTOCOL", ways)
    return found


def without_filters(start):
    """`git archive`, the one command that Kallithea starts by a shell, without the programs that files would go through."""

    def call(command, **options):
        settings = dict(QUIET, **filters(options.get("cwd")))
        found = environment(options.get("env"))
        count = int(found.get("GIT_CONFIG_COUNT") or 0)
        for place, (key, value) in enumerate(settings.items(), count):
            found.update({"GIT_CONFIG_KEY_%d" % place: key, "GIT_CONFIG_VALUE_%d" % place: value})
        return start(command, **dict(options, env=dict(found, GIT_CONFIG_COUNT=str(count + len(settings)))))

    return call


def filters(folder):
    """Settings that take every filter away that Git knows of; Git for Windows brings git-lfs, which would go and fetch files."""
    from kallithea.lib.vcs.conf import settings

    ask = [settings.GIT_EXECUTABLE_PATH, "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$"]
    said = subprocess.run(ask, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    keys = [key for key in said.decode("utf-8", "surrogateescape").split("\0") if key]
    return {key: "false" if key.endswith(".required") else "" for key in keys}


GUARDS = (
    Guard(
        "kallithea.lib.vcs.backends.hg.repository",
        "MercurialRepository.get_changesets",
        of_a_named_branch,
        "Kallithea 0.7.0",
        "the name of a branch could have Mercurial evaluate what is in it, and open other repositories",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.repository",
        "GitRepository.get_changesets",
        of_a_branch_that_is_no_option,
        "Kallithea 0.7.0",
        "the name of a branch could be an option for git",
    ),
    Guard(
        "mercurial.utils.stringutil",
        "stringmatcher",
        by_the_letter,
        "Mercurial 5.8 to 7.2",
        "the name of a branch could be an expression that takes for ever to match",
    ),
    Guard(
        "mercurial.subrepoutil",
        "state",
        without_expressions,
        "Mercurial 5.8 to 7.2",
        "a file that names subrepositories could have such an expression as well",
    ),
    Guard(
        "kallithea.lib.vcs.backends.hg.changeset",
        "MercurialChangeset.fill_archive",
        of_its_folder_alone,
        "Kallithea 0.7.0",
        "an archive could have what is in other repositories, without the right to read them",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.changeset",
        "GitChangeset.fill_archive",
        below_a_plain_folder,
        "Kallithea 0.7.0",
        "the name of a repository could be read by a shell",
    ),
    Guard(
        "mercurial.subrepo",
        "_checktype",
        of_no_kind,
        "Mercurial 5.8 to 7.2",
        "what a repository names as its subrepositories would be fetched and opened on the server",
    ),
    Guard(
        "mercurial.ui",
        "ui.readconfig",
        of_the_server,
        "Mercurial 5.8 to 7.2",
        "a file in a repository could name extensions and hooks, which Mercurial on Windows trusts regardless of their author",
    ),
    Guard(
        "mercurial.localrepo",
        "makelocalrepository",
        below_the_folder,
        "Mercurial 5.8 to 7.2",
        "a repository anywhere on the server, or on a share, could be opened",
    ),
    Guard(
        "mercurial.localrepo",
        "createrepository",
        below_the_folder,
        "Mercurial 5.8 to 7.2",
        "a repository could be made anywhere on the server",
    ),
    Guard(
        "kallithea.lib.vcs.subprocessio",
        "SubprocessIOChunker.__init__",
        by_its_own_options,
        "Kallithea 0.7.0",
        "a name could be an option for git that writes a file, and a file could start the programs that git shows it by",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.changeset",
        "Popen",
        without_filters,
        "Kallithea 0.7.0",
        "a file could start the programs that git puts it through for an archive, among them one that asks other servers",
    ),
)
