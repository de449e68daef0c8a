//! Files of a repository on Kallithea's pages, including files that would keep Kallithea busy forever.
//!
//! In: a deployment of `tests/deployments/extras.yaml`. Out: a passed or a failed test. Absent: times; a page that does not
//! come while the host waits counts as missing.

use std::fs;

use serde_json::{Value, json};

use super::parallel::{by, populated, script};
use super::{Deployment, Run, Scenario};

/// How long the host waits for a page. Without the bridge's guards, these pages take longer.
const SECONDS: u64 = 60;

/// Files by name, each with a word that its page must show.
const FILES: [(&str, &str, &str); 18] = [
    ("add.c", "#include <stdio.h>\nint main(void) { return puts(\"marker\"); }\n", "marker"),
    ("add.css", "a:hover { content: \"marker\"; color: #fff }\n", "marker"),
    ("add.diff", "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+marker\n", "marker"),
    ("add.go", "package main\n\nfunc marker() { println(\"1 + 1\") }\n", "marker"),
    ("add.html", "<!DOCTYPE html>\n<p class=\"marker\">1 + 1 <!-- two -->\n", "marker"),
    ("add.ini", "[section]\n; comment\nmarker = 2\n", "marker"),
    ("add.java", "public class Add { /** Adds. */ int marker = 1 + 1; }\n", "marker"),
    ("add.js", "const marker = (a, b) => `${a + b}`; // adds\n", "marker"),
    ("add.json", "{\"marker\": [1, 2.5, true, null]}\n", "marker"),
    ("add.ps1", "param([int]$Marker = 1)\nWrite-Output \"$Marker\" # adds\n", "Marker"),
    ("add.py", "def marker(a, b):\n    \"\"\"Adds.\"\"\"\n    return f\"{a + b}\"\n", "marker"),
    ("add.rs", "/// Adds.\nfn marker<'a>(a: &'a str) -> String { format!(\"{a}\") }\n", "marker"),
    ("add.sh", "#!/bin/sh\necho \"$(( 1 + 1 ))\" marker # adds\n", "marker"),
    ("add.sql", "select marker, count(*) from t where a = 'x' -- adds\n", "marker"),
    ("add.txt", "marker größer\n", "marker"),
    ("add.xml", "<?xml version=\"1.0\"?>\n<marker a=\"1\"><![CDATA[2]]></marker>\n", "marker"),
    ("add.yaml", "# adds\nmarker: [1, \"two\"]\n", "marker"),
    ("x.sml", "exception\n", "exception"),
];

/// Every usual kind of file is shown, with its authors, and as a diff. This includes a file that Pygments 2.6.1, the
/// version that Kallithea requires, never finishes.
pub fn files_of_many_kinds(extras: &Deployment) {
    let scenario = populated(extras);
    for (name, content, _) in FILES {
        fs::write(place(&scenario, name), content).expect("a file can be written");
    }
    script(&scenario, "commit.py", &["repositories/hg1"]);
    let pages = ["/hg1/files/tip/{}", "/hg1/annotate/tip/{}"];
    let requests = FILES.iter().flat_map(|(name, ..)| pages.map(|page| page.replace("{}", name)));
    let requests = requests.chain(["/hg1/changeset/tip".to_owned()]);
    let run = looked_at(&scenario, requests);
    for (number, (name, _, word)) in FILES.iter().flat_map(|file| pages.map(|_| file)).enumerate() {
        run.expect(number, "200 OK", word);
        assert!(run.body(number).contains("code-highlight"), "{name}: {}", run.body(number));
    }
    let changeset = FILES.len() * pages.len();
    for (name, ..) in FILES {
        run.expect(changeset, "200 OK", name);
    }
}

/// A README that no renderer finishes, or not in time, is shown as plain text; another one is rendered.
pub fn readmes_of_nothing_but_marks(extras: &Deployment) {
    let scenario = populated(extras);
    let usual = "# Adds\n\nSee [the *pages*](https://example.com/ \"all [of] them\"), \\[not\\] a link, `a[0]` and ![][logo].\n\n\
                 | a | b |\n|---|---|\n| **1** | 2 |\n\n[logo]: logo.png\n";
    // Quotations in quotations: docutils calls itself for each, until Python stops it.
    let quotations = (0..300).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a\n\n");
    let readmes = [
        ("README.md", "[".repeat(60_000), "<br>[[["),
        ("README.rst", quotations, "<br>a<br><br> a<br><br>  a"),
        (
            "README.md",
            usual.to_owned(),
            "<a href=\"https://example.com/\" title=\"all [of] them\">the <em>pages</em></a>",
        ),
    ];
    for (number, (name, content, _)) in readmes.iter().enumerate() {
        let repository = format!("repositories/hg{}", number + 1);
        fs::write(scenario.place(&repository).join(name), content).expect("a file can be written");
        script(&scenario, "commit.py", &[&repository]);
    }
    let run = looked_at(&scenario, (1..=readmes.len()).map(|number| format!("/hg{number}")));
    for (number, (.., shown)) in readmes.iter().enumerate() {
        run.expect(number, "200 OK", shown);
    }
    for shown in [
        "<h1>Adds</h1>",
        "[not] a link",
        "<code>a[0]</code>",
        "src=\"logo.png\"",
        "<td><strong>1</strong></td>",
    ] {
        run.expect(readmes.len() - 1, "200 OK", shown);
    }
}

/// Asks for pages, one after the other.
fn looked_at(scenario: &Scenario<'_>, pages: impl IntoIterator<Item = String>) -> Run {
    let get = |page: String| by(0, json!({"url": page, "headers": []}));
    let requests: Vec<Value> = pages.into_iter().map(get).collect();
    scenario.run(&json!({"requests": requests, "timeout_seconds": SECONDS})).clean()
}

/// A file's path in the working folder of a repository.
fn place(scenario: &Scenario<'_>, name: &str) -> std::path::PathBuf {
    scenario.place("repositories/hg1").join(name)
}
