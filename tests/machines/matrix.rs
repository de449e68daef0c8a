//! The user that Kallithea sees for everything that may be sent to it: tables of what was sent, expected and seen.
//!
//! In: a deployment of `tests/deployments`. Out: a passed or a failed test, and a table of its rows as a file, which
//! `cargo xtask test` prints at its end. Absent: our own opinion of who is signed on; what is seen comes from
//! Kallithea's pages and its journal.

pub mod addresses;
pub mod attack;
pub mod believed;
pub mod cross_site;
pub mod gists;
pub mod held;
pub mod large_files;
pub mod limits;
pub mod names;
pub mod owners;
pub mod pages;
pub mod paths;
pub mod readings;
pub mod repositories;
pub mod rights;
pub mod sessions;
pub mod sign_on;
pub mod spellings;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::kallithea::machine::Machine;
use crate::kallithea::{Run, Scenario};

/// A page that signed-on users can see, and strangers as well if strangers may see anything at all.
pub const NOBODY: &str = "nobody";
/// The answer to a stranger if nothing may be seen without signing on.
pub const REFUSED: &str = "sent to the sign-on form";

/// The tests that every machine has.
macro_rules! tests {
    ($root:expr, $below:expr, $extras:expr) => {
        #[test]
        fn the_matrix_of_sign_on_at_the_root() {
            $crate::matrix::sign_on::everybody($root, "/");
        }

        #[test]
        fn the_matrix_of_sign_on_below_the_root() {
            $crate::matrix::sign_on::everybody($below, "/kallithea/");
        }

        #[test]
        fn the_matrix_of_sessions_at_the_root() {
            $crate::matrix::sessions::changing_hands($root, "/");
        }

        #[test]
        fn the_matrix_of_sessions_below_the_root() {
            $crate::matrix::sessions::changing_hands($below, "/kallithea/");
        }

        #[test]
        fn the_matrix_of_attacks() {
            $crate::matrix::attack::claims($root, "/");
        }

        #[test]
        fn the_matrix_of_headers_that_kallithea_reads() {
            $crate::matrix::believed::headers($root, "/");
        }

        #[test]
        fn the_matrix_of_paths_at_the_root() {
            $crate::matrix::paths::elsewhere($root, "/");
        }

        #[test]
        fn the_matrix_of_paths_below_the_root() {
            $crate::matrix::paths::elsewhere($below, "/kallithea/");
        }

        #[test]
        fn the_matrix_of_pages_that_push() {
            $crate::matrix::cross_site::pushes($extras);
        }

        #[test]
        fn the_matrix_of_two_readings() {
            $crate::matrix::readings::two($extras);
        }

        #[test]
        fn the_matrix_of_what_may_be_read() {
            $crate::matrix::rights::to_read($extras);
        }

        #[test]
        fn the_matrix_of_what_is_somebodys() {
            $crate::matrix::owners::kept($extras);
        }

        #[test]
        fn the_matrix_of_what_is_in_repositories() {
            $crate::matrix::repositories::data($extras);
        }

        #[test]
        fn the_matrix_of_large_files() {
            $crate::matrix::large_files::named($extras);
        }

        #[test]
        fn the_matrix_of_names_that_are_taken() {
            $crate::matrix::names::taken($extras);
        }

        #[test]
        fn the_matrix_of_what_people_write() {
            $crate::matrix::pages::written($extras);
        }

        #[test]
        fn the_matrix_of_gists_of_others() {
            $crate::matrix::gists::of_others($extras);
        }

        #[test]
        fn the_matrix_of_what_kallithea_holds() {
            $crate::matrix::held::by_itself($extras);
        }

        #[test]
        fn the_matrix_of_what_is_taken_in() {
            $crate::matrix::limits::taken_in($extras);
        }

        #[test]
        fn the_matrix_of_named_addresses() {
            $crate::matrix::addresses::named($extras);
        }

        #[test]
        fn the_matrix_of_names_and_keys() {
            $crate::matrix::attack::names($root, "/");
        }

        #[test]
        fn the_matrix_of_spellings_at_the_root() {
            $crate::matrix::spellings::typed($root, "/");
        }

        #[test]
        fn the_matrix_of_spellings_with_a_domain_of_its_own() {
            $crate::matrix::spellings::typed_in_a_domain($below, "/kallithea/");
        }

        #[test]
        fn the_matrix_of_domains() {
            $crate::matrix::attack::domains($below, "/kallithea/");
        }
    };
}

pub(crate) use tests;

/// Rows about one thing.
pub struct Table {
    title: String,
    rows: Vec<[String; 4]>,
}

impl Table {
    pub fn new(machine: &Machine, title: &str) -> Self {
        let system = if machine.is_wine() { "Windows Python under Wine" } else { "Linux" };
        Self { title: format!("{title}; {system}"), rows: Vec::new() }
    }

    pub fn row(&mut self, name: &str, sent: &str, expected: &str, seen: &str) {
        self.rows.push([name, sent, expected, seen].map(|text| text.replace('|', r"\|")));
    }

    /// Serves a table of requests in one worker process, one after the other: name, request, expected result.
    pub fn serve(&mut self, scenario: &Scenario<'_>, rows: &[(&str, Value, &str)]) -> Run {
        let requests = rows.iter().map(|(_, request, _)| request.clone()).collect::<Vec<_>>();
        let run = scenario.serve(requests.into());
        for (number, (name, request, expected)) in rows.iter().enumerate() {
            self.row(name, &sent(request), expected, &seen(&run, number));
        }
        run
    }

    /// Writes the table, and fails the test if anything unexpected was seen.
    pub fn end(self) {
        let mut text =
            format!("## {}\n\n| | what | sent | expected | seen |\n|---|---|---|---|---|\n", self.title);
        let mut wrong = Vec::new();
        for row @ [name, sent, expected, seen] in &self.rows {
            let verdict = if expected == seen { "ok" } else { "**WRONG**" };
            text.push_str(&format!("| {verdict} | {name} | {sent} | {expected} | {seen} |\n"));
            if expected != seen {
                wrong.push(row);
            }
        }
        let name: String =
            self.title.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        let folder = folder();
        fs::create_dir_all(&folder).expect("a folder below target can be made");
        fs::write(folder.join(name).with_extension("md"), text).expect("a table can be written");
        assert!(wrong.is_empty(), "{}: {wrong:#?}", self.title);
    }
}

/// Where the tables and the screenshots are kept.
pub fn folder() -> PathBuf {
    let named = std::env::var_os("KALLITHEA_IISC_MATRIX").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix"))
}

/// A request for a page.
pub fn page(url: &str) -> Value {
    json!({ "url": url, "headers": [] })
}

/// A request of a user that the server has authenticated.
pub fn by(user: &str, url: &str) -> Value {
    json!({ "url": url, "headers": [], "user": user, "auth_type": "Negotiate" })
}

/// The same request with one more header.
pub fn with(mut request: Value, name: &str, value: &str) -> Value {
    request["headers"].as_array_mut().expect("it has a list of headers").push(json!([name, value]));
    request
}

/// A request as the table shows it.
fn sent(request: &Value) -> String {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let mut parts = vec![format!("`{}`", without_key(text("url")))];
    match (text("user"), text("auth_type")) {
        ("", "") => {}
        ("", kind) => parts.push(format!("REMOTE_USER empty, AUTH_TYPE `{kind}`")),
        (user, "Basic") => parts.push(format!("REMOTE_USER `{user}`, AUTH_TYPE `Basic`")),
        (user, _) => parts.push(format!("REMOTE_USER `{user}`")),
    }
    for header in request["headers"].as_array().into_iter().flatten() {
        let [name, value] = [0, 1].map(|place| header[place].as_str().unwrap_or_default());
        let shown = match name.eq_ignore_ascii_case("Authorization") {
            true => format!("{} …", value.split(' ').next().unwrap_or_default()),
            false => shortened(value),
        };
        parts.push(format!("`{name}: {shown}`"));
    }
    parts.join(", ")
}

/// A URL as the table shows it: a key in it would be as good as a password.
fn without_key(url: &str) -> String {
    match url.split_once("api_key=") {
        Some((before, key)) if !key.is_empty() => format!("{before}api_key=…"),
        _ => url.to_owned(),
    }
}

/// A header's value as the table shows it, without signatures.
fn shortened(value: &str) -> String {
    let short = |part: &str| match part.char_indices().nth(28) {
        Some((end, _)) => format!("{}…", &part[..end]),
        None => part.to_owned(),
    };
    value.split("; ").map(short).collect::<Vec<_>>().join("; ")
}

/// The user that a page greets, or what it shows to a stranger.
pub fn seen(run: &Run, number: usize) -> String {
    match (run.user(number), run.status(number)) {
        (Some(user), _) => user.to_owned(),
        (None, "200 OK") => NOBODY.to_owned(),
        (None, status)
            if status.starts_with("302") && run.header(number, "Location").contains("/_admin/login") =>
        {
            REFUSED.to_owned()
        }
        (None, status) => status.to_owned(),
    }
}
