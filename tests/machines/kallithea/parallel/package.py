"""Imports modules that are not what the package of kallithea/compat was written for, each in a process of its own. Ends with an
exception if one is used half adjusted, or if one that fits is refused."""
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import zipfile

PATH = "import sys; sys.path.insert(0, %r); "
THIS = {"kallithea/__init__.py": "__version__ = '0.7.0'"}
BRANCHES = """
    class Branches:
        def __iter__(self):
            return iter(["default"])

        def branchheads(self, branch, closed=False):
            return ["head"]

        def branchtip(self, branch):
            return "tip"
"""


def main():
    refused({"kallithea/__init__.py": "__version__ = '0.7.1'"}, "import kallithea", "adjust kallithea: it is version 0.7.1")
    refused({"kallithea/__init__.py": ""}, "import kallithea", "adjust kallithea: __version__ is missing")
    for name, missing in [
        ("commands", "mercurial.node: nullid is missing"),
        ("util", "mercurial.utils.urlutil: url is missing"),
        ("httppeer", "mercurial.httppeer: make_peer is missing"),
        ("sshpeer", "mercurial.sshpeer: make_peer is missing"),
        ("branchmap", "mercurial.branchmap: a class with branchheads and branchtip is missing"),
    ]:
        foreign = {"mercurial/%s.py" % name: "", "mercurial/node.py": "", "mercurial/utils/urlutil.py": "", **THIS}
        refused(foreign, "import kallithea, mercurial.%s" % name, missing)
        refused(foreign, "import mercurial.%s, kallithea" % name, missing)
    refused(
        {"mercurial/branchmap.py": BRANCHES.replace("branchtip", "branchend"), **THIS},
        "import kallithea, mercurial.branchmap", "a class with branchheads and branchtip is missing")
    refused({"mercurial/initialization.py": "", "kallithea/lib/utils.py": "", **THIS},
            "import kallithea.lib.utils", "mercurial.initialization: init is missing")
    wrap = "class CodeHtmlFormatter:\n    def wrap(self, source, %s):\n        return source"
    refused({"kallithea/lib/helpers.py": wrap % "*, escape", **THIS}, "import kallithea.lib.helpers", "has other arguments")
    adjusted({"kallithea/lib/helpers.py": wrap % "outfile", **THIS},
             "from kallithea.lib.helpers import *; assert CodeHtmlFormatter().wrap(1) == 1")
    what_is_imported_before_kallithea()
    what_only_its_module_sees()
    what_others_find()
    print("done")


def what_is_imported_before_kallithea():
    adjusted({"mercurial/util.py": "", "mercurial/utils/urlutil.py": "url = 7", **THIS},
             "import mercurial.util, kallithea; assert mercurial.util.url == 7")
    adjusted({"mercurial/branchmap.py": BRANCHES, **THIS},
             "from mercurial.branchmap import *; import kallithea\n"
             "assert list(Branches().iterbranches()) == [('default', ['head'], 'tip', False)]")
    # Then it is the package that comes last.
    forget = """
        for name in [name for name in sys.modules if name.startswith("kallithea_iisc_compat")]:
            del sys.modules[name]
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder.__module__ != "kallithea_iisc_compat"]
        import kallithea, mercurial.util
        assert not hasattr(mercurial.util, "url")
        import kallithea_iisc_compat, mercurial.commands
        assert (mercurial.util.url, mercurial.commands.nullid) == (7, 6)
    """
    adjusted({"mercurial/util.py": "", "mercurial/utils/urlutil.py": "url = 7", "mercurial/commands.py": "",
              "mercurial/node.py": "nullid = 6", **THIS}, forget)
    # A program without Kallithea gets Mercurial as it is.
    adjusted({"mercurial/util.py": ""}, "import mercurial.util; assert not hasattr(mercurial.util, 'url')")


def what_only_its_module_sees():
    """The module `imp` of Python 3.12 and later is only for the one module of Kallithea, even if it fails."""
    fakemod = "kallithea/lib/vcs/utils/fakemod.py"
    code = """
        import imp
        def create(text):
            module = imp.new_module("made")
            exec(text, module.__dict__)
            return module
    """
    try_it = """
        import sys
        before = sys.modules["imp"] = object()
        from kallithea.lib.vcs.utils import fakemod
        assert sys.modules.pop("imp") is before
        assert fakemod.create("import json as found").found.dumps(1) == "1"
        if sys.version_info >= (3, 12):
            try:
                fakemod.create("import imp")
            except ImportError:
                pass
            else:
                raise AssertionError("others get the module imp")
    """
    if sys.version_info >= (3, 12):
        adjusted({fakemod: code, **THIS}, try_it)


def what_others_find():
    """Modules in a zip archive, which have one loader, and modules that a finder of a package in development knows."""
    modules = {
        "mercurial/__init__.py": "", "mercurial/utils/__init__.py": "", "mercurial/node.py": "nullid = 6",
        "mercurial/utils/urlutil.py": "url = 7", "mercurial/commands.py": "", "mercurial/util.py": "", "mercurial/other.py": "",
    }
    try_it = """
        import kallithea, mercurial.util, mercurial.commands, mercurial.other
        assert (mercurial.util.url, mercurial.commands.nullid) == (7, 6)
        assert not hasattr(mercurial.other, "url") and not hasattr(mercurial.commands, "url")
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = str(pathlib.Path(folder, "modules.zip"))
        with zipfile.ZipFile(archive, "w") as file:
            for name, text in modules.items():
                file.writestr(name, text)
        if sys.version_info >= (3, 10):
            adjusted(THIS, PATH % archive + "\n" + textwrap.dedent(try_it))
        else:
            errors = run(THIS, PATH % archive + "\n" + textwrap.dedent(try_it))
            assert "cannot adjust mercurial.util in a zip archive. Unpack it." in errors, errors
    finder = """
        import importlib.util, os, sys
        place = os.path.join(globals().get("folder") or sys.path.pop(0), "kallithea", "__init__.py")
        folder = os.path.dirname(os.path.dirname(place))
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                return importlib.util.spec_from_file_location(name, place) if name == "kallithea" else None
        sys.meta_path.insert(0, Finder)
        import kallithea_iisc_compat
        sys.meta_path.remove(kallithea_iisc_compat.Finder)
        sys.meta_path.insert(0, kallithea_iisc_compat.Finder)
        import kallithea
    """
    refused({"kallithea/__init__.py": "__version__ = '0.7.1'"}, finder, "it is version 0.7.1")


def refused(files, code, words):
    """Run the code with these modules before all others. Its import must fail with these words, at the second attempt as well."""
    code = textwrap.dedent(code)
    first = "try:\n%s\nexcept ImportError:\n    pass\n" % textwrap.indent(code, "    ")
    errors = run(files, first + code)
    last = errors.strip().rpartition("\n")[2]
    assert last.startswith("ImportError: kallithea_iisc_compat cannot adjust ") and words in last, errors
    assert last.endswith("kallithea/requirements.txt of the deployment names."), errors


def adjusted(files, code):
    """Run the code with these modules before all others, without an error."""
    errors = run(files, textwrap.dedent(code))
    assert not errors, errors


def run(files, code):
    """Return what Python writes to standard error."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            place = pathlib.Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(textwrap.dedent(text))
        for place in list(pathlib.Path(folder).rglob("*.py")):
            for package in list(place.relative_to(folder).parents)[:-1]:
                pathlib.Path(folder, package, "__init__.py").touch()
        command = [sys.executable, "-I", "-c", PATH % folder + "\n" + code]
        return subprocess.run(command, stderr=subprocess.PIPE, stdin=subprocess.PIPE, universal_newlines=True).stderr


main()
