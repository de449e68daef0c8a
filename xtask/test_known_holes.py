"""Tests of known_holes.py, which `cargo xtask requirements` runs before it asks: they need pip and PyYAML."""
import json
import pathlib
import tempfile
import unittest

import known_holes
import yaml

RECORD = """{
  "info": {"name": "Example", "version": "1.2"},
  "vulnerabilities": [
    {"id": "PYSEC-2031-1", "aliases": ["CVE-2031-1"], "details": "A made-up one.", "fixed_in": ["1.10", "1.3"], "withdrawn": null},
    {"id": "PYSEC-2031-2", "aliases": [], "details": "Taken back.", "fixed_in": [], "withdrawn": "2031-05-01T00:00:00Z"}
  ]
}"""

DOCUMENT = """
id: PYSEC-2031-3
details: A made-up one.
affected:
- package: {name: Other, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events: [{introduced: "0"}, {fixed: "9"}]
- package: {name: Ex_ample, ecosystem: PyPI}
  ranges:
  - type: GIT
    events: [{introduced: "0"}, {fixed: 0123456789}]
  - type: ECOSYSTEM
    events: [{introduced: "2.0"}, {fixed: "2.10"}, {introduced: "0"}, {last_affected: "1.5"}]
  versions: ["3.0.special"]
aliases: [CVE-2031-3]
modified: "2031-06-02T10:00:00Z"
published: "2031-06-01T10:00:00Z"
"""


class Holes(unittest.TestCase):
    def of_document(self, version, text=DOCUMENT):
        return list(known_holes.of_document(yaml.safe_load(text), "ex-ample", version))

    def test_pins(self):
        table = '# why\nEx.Ample==1.0 ; python_version < "3.10"\n  00 ex_ample-1.0.whl\nother==2 --option\n'
        expected = [("ex-ample", "1.0", 'python_version < "3.10"'), ("other", "2", "")]
        self.assertEqual(list(known_holes.pins(table)), expected)

    def test_a_record_has_those_that_were_not_taken_back(self):
        holes = list(known_holes.of_release(json.loads(RECORD)))
        self.assertEqual(holes, [(["PYSEC-2031-1", "CVE-2031-1"], ["1.10", "1.3"])])

    def test_a_document_concerns_its_ranges_and_versions(self):
        for version in ["0.1", "1.5", "2.0", "2.9", "3.0.special"]:
            self.assertEqual(self.of_document(version), [(["PYSEC-2031-3", "CVE-2031-3"], ["2.10"])], version)
        for version in ["1.5.1", "1.9", "2.10", "3.0"]:
            self.assertEqual(self.of_document(version), [], version)

    def test_a_document_that_was_taken_back_or_concerns_others_is_none(self):
        self.assertEqual(self.of_document("1.5", DOCUMENT + 'withdrawn: "2031-07-01T00:00:00Z"\n'), [])
        self.assertEqual(self.of_document("1.5", DOCUMENT.replace("Ex_ample", "Example")), [])
        self.assertEqual(self.of_document("1.5", DOCUMENT.replace("PyPI", "npm")), [])

    def test_versions_are_in_their_own_order(self):
        self.assertEqual(known_holes.closing("1.2", ["1.10", "1.3", "1.1", "no version", "1.3"]), ["1.3", "1.10"])

    def test_the_index_is_the_one_of_pip(self):
        self.assertEqual(known_holes.index("global.timeout='9'\n"), "https://pypi.org")
        settings = "global.index-url='https://one.example/simple'\n:env:.index-url='https://two.example/pypi/simple/'\n"
        self.assertEqual(known_holes.index(settings), "https://two.example/pypi")
        for url in ["https://one.example/files", "https://user:secret@one.example/simple"]:
            with self.assertRaises(known_holes.CannotSay) as raised:
                known_holes.index(f"global.index-url={url!r}\n")
            self.assertNotIn("secret", str(raised.exception))

    def test_a_folder_is_read_and_dated(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            with self.assertRaises(known_holes.CannotSay):
                known_holes.from_folder(folder, [])
            (folder / "vulns/ex-ample").mkdir(parents=True)
            (folder / "vulns/ex-ample/PYSEC-2031-3.yaml").write_text(DOCUMENT, "utf-8")
            asked, found = known_holes.from_folder(folder, [("ex-ample", "1.5", ""), ("other", "1", "")])
        self.assertIn("2031-06-02", asked)
        self.assertEqual([pin for pin, hole in found], [("ex-ample", "1.5", "")])

    def test_an_index_without_records_says_what_to_do(self):
        with self.assertRaises(known_holes.CannotSay) as raised:
            known_holes.ask("file:///nowhere", "ex-ample", "1.0")
        self.assertIn("--advisories", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
