"""Makes archives of Git repositories with git alone, where Kallithea 0.7.0 starts a shell with gzip and bzip2.

In: a change of a Git repository. Out: its archive, or an error. Git for Windows puts neither gzip nor bzip2 on PATH; Kallithea then
sends an empty file, and keeps it. Python compresses instead. Absent: archives of Mercurial, which Mercurial itself makes.
"""
import bz2
import gzip
import re
import shutil
import subprocess
import tempfile

from kallithea_bridge_git import add_settings
from kallithea_bridge_guards import Guard
from kallithea_bridge_repositories import QUIET, environment

# Characters that may be special in the name of a folder.
ODD_IN_FOLDERS = re.compile(r"[^\w.+-]")

# Each kind of archive: the name that git has for it, and what compresses it. Neither writes a name or a time: same content, same bytes.
KINDS = {
    "zip": ("zip", None),
    "tar": ("tar", None),
    "tgz": ("tar", lambda stream: gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=stream, mtime=0)),
    "tbz2": ("tar", lambda stream: bz2.BZ2File(stream, "wb", compresslevel=9)),
}


def by_git_alone(fill):
    """Make an archive without a shell and without filter programs. If git fails, raise an error, so that Kallithea keeps nothing."""

    def fill_archive(self, stream=None, kind="tgz", prefix=None, subrepos=False):
        if kind not in KINDS or stream is None:
            return fill(self, stream=stream, kind=kind, prefix=prefix)
        name = "%s-%s" % (self.repository.name, self.short_id) if prefix is None else prefix
        form, compressed = KINDS[kind]
        command = ["archive", "--format=" + form, "--prefix=%s/" % ODD_IN_FOLDERS.sub("-", name), self.raw_id]
        try:
            if compressed is None:
                write(command, self.repository.path, stream)
            else:
                with compressed(stream) as packed:
                    write(command, self.repository.path, packed)
        except BaseException:
            # The file is Kallithea's, and stays in the folder for temporary files.
            stream.seek(0)
            stream.truncate()
            raise

    return fill_archive


def write(arguments, folder, stream):
    """Run git, and copy its output to a stream."""
    from kallithea.lib.vcs.conf import settings

    with tempfile.TemporaryFile() as errors:
        options = {"cwd": folder, "env": without_filters(folder), "stderr": errors}
        with subprocess.Popen([settings.GIT_EXECUTABLE_PATH, *arguments], stdout=subprocess.PIPE, **options) as git:
            shutil.copyfileobj(git.stdout, stream)
        errors.seek(0)
        said = errors.read(2000).decode("utf-8", "replace").strip()
    if git.returncode:
        raise RuntimeError("git made no archive of %s: %s" % (folder, said or "exit code %d" % git.returncode))


def without_filters(folder):
    """Return the environment of a git that starts no filter programs."""
    found = environment(None)
    add_settings(found, dict(QUIET, **filters(folder)))
    return found


def filters(folder):
    """Return settings that disable every filter of Git. Git for Windows includes git-lfs, which would download files."""
    from kallithea.lib.vcs.conf import settings

    ask = [settings.GIT_EXECUTABLE_PATH, "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$"]
    said = subprocess.run(ask, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    keys = [key for key in said.decode("utf-8", "surrogateescape").split("\0") if key]
    return {key: "false" if key.endswith(".required") else "" for key in keys}


GUARDS = (
    Guard(
        "kallithea.lib.vcs.backends.git.changeset",
        "GitChangeset.fill_archive",
        by_git_alone,
        "Kallithea 0.7.0",
        "a shell could read the name of a repository, and a file could start filters of git, among them one that contacts other servers",
    ),
)
