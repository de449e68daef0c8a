//! Static files: no address leads to a file that is not in the list.

use std::fs;
use std::io::Read;
use std::time::SystemTime;

use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::settings::Identity;
use kallithea_bridge_isapi::static_files::StaticFiles;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fake::{Fake, settings};

/// Parts of addresses of the listed file, of the file beside it, and of ways from one to the other.
const PARTS: &[&str] = &[
    "/",
    "css",
    "style.css",
    "secret.css",
    "..",
    ".",
    "%2e%2e",
    "%2f",
    "%5c",
    "\\",
    "%u002f",
    "::$DATA",
    ".",
    "%20",
    "%00",
    "STYLE.CSS",
    "C:",
    "?",
    "#",
];

fn targets() -> impl Strategy<Value = String> {
    let parts = vec(select(PARTS), 0..8).prop_map(|parts| format!("/{}", parts.concat()));
    // Otherwise few addresses would be listed.
    (parts, select(&["", "/css/style.css", "/css/", "/css/style.css?"][..]))
        .prop_map(|(parts, begin)| begin.to_owned() + &parts)
}

proptest! {
    #[test]
    fn no_address_leads_to_another_file(target in targets(), end in select(&["", "css/style.css"][..])) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["style.css", "secret.css"] {
            fs::write(folder.path().join(name), name).expect("a file");
        }
        let mut files = StaticFiles::default();
        let headers = vec![("Content-Length".to_owned(), "9".to_owned())];
        let style = folder.path().join("style.css");
        let modified = fs::metadata(&style).and_then(|file| file.modified()).expect("a file");
        let modified = modified.duration_since(SystemTime::UNIX_EPOCH).expect("later").as_nanos();
        let modified = u64::try_from(modified).expect("this century");
        prop_assert!(files.add("/css/style.css", &style, modified, headers).expect("a file"));
        let fake = Fake::get(&format!("{target}{end}"));
        let settings = settings("/", Identity::Server);
        let mut environ = Environ::default();
        environ.read_line(&fake, &settings);
        prop_assume!(environ.arrive(&fake, &settings) == Arrival::Application);
        let is_listed = environ.get("PATH_INFO") == Some(b"/css/style.css");
        let answer = files.answer(&environ);
        prop_assert_eq!(answer.is_some(), is_listed);
        let mut text = String::new();
        if let Some(mut body) = answer.and_then(|answer| answer.body) {
            body.file.read_to_string(&mut text).expect("letters");
        }
        prop_assert_eq!(text, if is_listed { "style.css" } else { "" });
    }
}
