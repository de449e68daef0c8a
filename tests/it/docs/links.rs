//! Links between the pages: each leads to a file, and to a title if it names one. The book has every page.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use kallithea_iisc::diagnostic::Code;

use super::pages::{Page, pages};

/// The folder of the book.
const BOOK: &str = "docs";

/// The anchors of a page's titles, as GitHub and mdBook make them: lower-case letters, hyphens for spaces, nothing else.
fn anchors(page: &Page) -> Vec<String> {
    let titles = page.prose().into_iter().filter(|line| line.starts_with('#'));
    let anchor = |title: &str| {
        let kept = |letter: &char| letter.is_alphanumeric() || ['-', '_', ' '].contains(letter);
        title.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>()
    };
    titles.map(|title| anchor(title).replace(' ', "-")).collect()
}

/// The targets of a page's links, without links to other sites.
fn links(page: &Page) -> Vec<String> {
    let prose = page.prose().join("\n");
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|link| !link.contains("://")).map(str::to_owned).collect()
}

/// A path without `..`, as far as its own folders allow.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_leads_to_a_page_and_a_title() {
    let mut seen = 0;
    for page in pages() {
        for link in links(&page) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.path.clone(),
                file => plain(&page.path.parent().unwrap_or(Path::new("")).join(file)),
            };
            assert!(target.exists(), "{}: {link} leads nowhere", page.path.display());
            // The book is read without the sources.
            let leaves = page.path.starts_with(BOOK) && !target.starts_with(BOOK);
            assert!(!leaves, "{}: {link} leads out of the book", page.path.display());
            if !anchor.is_empty() {
                let there = anchors(&Page::read(target));
                let is_there = there.iter().any(|known| known == anchor);
                assert!(is_there, "{}: {link} has no title", page.path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} links were found");
}

/// `docs/ini.md, "Secrets"` and ``docs/spec.md, `tls` and `farm` `` name titles of the pages.
#[test]
fn every_title_that_an_explanation_names_is_there() {
    for code in Code::ALL {
        for reference in code.explain().pages {
            let Some((file, titles)) =
                reference.split_once(", ").filter(|(file, _)| file.starts_with("docs/"))
            else {
                continue;
            };
            let page = Page::read(PathBuf::from(file));
            // Titles in quotation marks may contain "and".
            let titles: Vec<&str> = match titles.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(title) => vec![title],
                None => titles.split(" and ").collect(),
            };
            for title in titles {
                // "lint: any configuration file" is called "lint" for short.
                let is_title = |name: &str| name == title || name.split(':').next() == Some(title);
                let mut titles = page.prose().into_iter().filter(|line| line.starts_with('#'));
                // A single key is a row of its section's table.
                let key = title.rsplit('.').next().unwrap_or_default().trim_matches('`');
                let is_there = titles.any(|line| is_title(line.trim_start_matches('#').trim()))
                    || title.contains('.') && page.text.contains(&format!("\n| `{key}` |"));
                assert!(is_there, "{}: {file} has no title {title}", code.id());
            }
        }
    }
}

#[test]
fn the_book_has_every_page_in_four_parts() {
    const PARTS: [&str; 5] = ["# Summary", "# Tutorial", "# How to", "# Reference", "# Explanation"];
    let summary = Page::read(Path::new(BOOK).join("SUMMARY.md"));
    let titles: Vec<&str> = summary.text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(titles, PARTS);
    let listed = links(&summary);
    let named: BTreeSet<PathBuf> = listed.iter().map(|link| Path::new(BOOK).join(link)).collect();
    assert_eq!(named.len(), listed.len(), "a page is listed twice");
    let there = pages().into_iter().map(|page| page.path);
    let there: BTreeSet<PathBuf> =
        there.filter(|path| path.starts_with(BOOK) && *path != summary.path).collect();
    assert_eq!(named, there);
}

/// What follows a page's name where a message or a comment refers to a title: `docs/python.md`, "The front end".
const TO_A_TITLE: [&str; 4] = ["`, \"", ", \"", ", \\\"", "`, \\\""];

/// Messages, the runbook and comments refer to pages and titles that exist.
#[test]
fn every_page_that_the_sources_name_is_there() {
    let mut seen = 0;
    for folder in ["src", "crates", "examples"] {
        for (path, bytes) in crate::support::files_below(Path::new(folder)) {
            let text = String::from_utf8_lossy(&bytes);
            for rest in text.split("docs/").skip(1) {
                let name: String = rest
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || "-/.".contains(*letter))
                    .collect();
                let Some(name) = name.split(".md").next().filter(|_| name.contains(".md")) else { continue };
                let page = PathBuf::from(format!("docs/{name}.md"));
                assert!(page.is_file(), "{folder}/{path} names docs/{name}.md");
                let behind = &rest[name.len() + ".md".len()..];
                let title = TO_A_TITLE.iter().find_map(|begin| behind.strip_prefix(begin));
                if let Some(title) = title.and_then(|title| title.split(['"', '\\']).next()) {
                    let is_title = |line: &&str| {
                        let name = line.trim_start_matches('#').trim();
                        name == title || name.split(':').next() == Some(title)
                    };
                    let is_there = Page::read(page).prose().iter().any(is_title);
                    assert!(is_there, "{folder}/{path}: docs/{name}.md has no title {title}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} names were found");
}

/// Pictures have their own names, and descriptions for users who cannot see them.
#[test]
fn every_picture_says_what_it_shows() {
    for path in crate::support::names_in(Path::new("docs/diagrams")) {
        let picture = Page::read(Path::new("docs/diagrams").join(&path)).text;
        assert!(picture.contains("<title ") && picture.contains("<desc "), "{path}");
    }
}
