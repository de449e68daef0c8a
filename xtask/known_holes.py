"""Lists the known vulnerabilities of pinned packages: known_holes.py TABLE... [--advisories FOLDER]

What enters: tables of pins; and either the package index, which is asked for each release, or a checkout of the advisory database
of the Python Packaging Authority (https://github.com/pypa/advisory-database). What leaves: a line that says what was asked; then, for
each vulnerability of a pin, a line of package, version, marker, names and versions that close it, with tabs between them. Ends with 1
if nothing can be said, and the last line says why. Absent: which of them may stay; requirements/holes.rs decides that.

The index's record: https://docs.pypi.org/api/json/. The database's format: https://ossf.github.io/osv-schema/.
"""
import argparse
import ast
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import InvalidVersion, Version

# pip's own index, where its configuration names no other.
INDEX = "https://pypi.org/simple"

# Where pip's configuration may name one, the strongest first.
SETTINGS = (":env:.index-url", "download.index-url", "global.index-url")

INSTEAD = (
    "Run this where https://pypi.org answers, or name a checkout of https://github.com/pypa/advisory-database: "
    "`cargo xtask requirements --advisories FOLDER`"
)


class CannotSay(Exception):
    """Why the source says nothing about the pins."""


def pins(table):
    """The package, version and marker of each pin of a table."""
    for line in table.splitlines():
        if line and line[0] not in " #":
            pin, _, marker = line.partition(" ; ")
            name, _, version = pin.split()[0].partition("==")
            yield canonicalize_name(name), version, marker


def of_release(record):
    """The names and fixed versions of each vulnerability in the index's record of a release."""
    for hole in record["vulnerabilities"]:
        if not hole.get("withdrawn"):
            yield [hole["id"], *(hole.get("aliases") or [])], hole.get("fixed_in") or []


def of_document(document, package, version):
    """The same for a document of the database, which may concern other packages and versions."""
    concerned = [
        part for part in document.get("affected") or []
        if part["package"]["ecosystem"] == "PyPI" and canonicalize_name(part["package"]["name"]) == package
    ]
    if document.get("withdrawn") or not any(is_affected(part, version) for part in concerned):
        return
    events = [event for part in concerned for events in of_versions(part) for event in events]
    yield [document["id"], *(document.get("aliases") or [])], [event["fixed"] for event in events if "fixed" in event]


def of_versions(part):
    """The ranges that are of versions, and not of commits."""
    return [found["events"] for found in part.get("ranges") or [] if found["type"] == "ECOSYSTEM"]


def is_affected(part, version):
    listed = part.get("versions") or []
    return version in listed or any(is_within(events, Version(version)) for events in of_versions(part))


def is_within(events, version):
    """Whether a version is in a range, as the format's own description evaluates it."""
    steps = sorted((Version(at), kind) for event in events for kind, at in event.items())
    inside = False
    for at, kind in steps:
        if kind == "introduced" and version >= at:
            inside = True
        elif kind == "fixed" and version >= at or kind == "last_affected" and version > at:
            inside = False
    return inside


def closing(version, fixed):
    """The versions that close a vulnerability of this one, in order."""
    later = []
    for text in set(fixed):
        try:
            later.append(Version(text))
        except InvalidVersion:
            continue
    return [str(found) for found in sorted(later) if found > Version(version)]


def index(settings):
    """The address below which the index has records, from what `pip config list` prints."""
    found = dict(line.split("=", 1) for line in settings.splitlines() if "=" in line)
    url = next((ast.literal_eval(found[name]) for name in SETTINGS if name in found), INDEX)
    base, simple, rest = url.rstrip("/").rpartition("/simple")
    if not simple or rest or urllib.parse.urlsplit(url).username:
        raise CannotSay("pip's index is not one that is asked for advisories. " + INSTEAD)
    return base


def ask(base, package, version):
    """The index's record of a release."""
    try:
        with urllib.request.urlopen(f"{base}/pypi/{package}/{version}/json", timeout=60) as answer:
            record = json.load(answer)
        record["vulnerabilities"]
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        raise CannotSay(
            f"the package index serves no advisories: for {package} {version} it answers {error}. "
            f"So nothing can be said of known vulnerabilities. {INSTEAD}"
        ) from error
    return record


def from_index(wanted):
    settings = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    base = index(settings.stdout)
    # An index that serves none is not asked for every release.
    ask(base, *wanted[0][:2])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        records = pool.map(lambda pin: ask(base, *pin[:2]), wanted)
        return "the package index", [(pin, hole) for pin, record in zip(wanted, records) for hole in of_release(record)]


def from_folder(folder, wanted):
    import yaml

    vulnerabilities = folder / "vulns"
    if not vulnerabilities.is_dir():
        raise CannotSay(f"{folder} is not a checkout of the advisory database: it has no folder `vulns`")
    dates = [newest(file.read_text("utf-8")) for file in vulnerabilities.glob("*/*.yaml")]
    found = []
    for pin in wanted:
        for file in sorted((vulnerabilities / pin[0]).glob("*.yaml")):
            document = yaml.safe_load(file.read_text("utf-8"))
            found += [(pin, hole) for hole in of_document(document, *pin[:2])]
    return f"the advisory database in {folder}, which ends on {max(dates, default='no day')}", found


def newest(document):
    """The day of the last change that a document names."""
    return max(re.findall(r"^(?:modified|published): *[\"']?(\d{4}-\d\d-\d\d)", document, re.MULTILINE), default="")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+", type=pathlib.Path)
    parser.add_argument("--advisories", type=pathlib.Path)
    arguments = parser.parse_args()
    wanted = sorted({pin for table in arguments.tables for pin in pins(table.read_text("utf-8"))})
    try:
        asked, found = from_folder(arguments.advisories, wanted) if arguments.advisories else from_index(wanted)
    except CannotSay as why:
        sys.exit(str(why))
    print(asked)
    for (package, version, marker), (names, fixed) in found:
        print(package, version, marker, " ".join(names), " ".join(closing(version, fixed)), sep="\t")


if __name__ == "__main__":
    main()
