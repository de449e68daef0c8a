//! Static files: each kind of answer, and which requests are left to the application.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime};

use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::reply::Reply;
use kallithea_bridge_isapi::settings::Identity;
use kallithea_bridge_isapi::static_files::{Answer, StaticFiles};
use tempfile::TempDir;

use crate::fake::{Fake, settings};

const STYLE: &str = "/css/style.css";
const ETAG: &str = "\"1700000000.0-26\"";
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";

/// The same in nanoseconds since 1970.
const MODIFIED: u64 = 1_700_000_000_000_000_000;

/// A folder with a style sheet of 26 letters that is in the list, and a secret that is not.
struct Site {
    folder: TempDir,
    files: StaticFiles,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let style = folder.path().join("style.css");
        fs::write(&style, "abcdefghijklmnopqrstuvwxyz").expect("a file");
        fs::write(folder.path().join("secret"), "s").expect("a file");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(MODIFIED);
        File::options().write(true).open(&style).expect("it").set_modified(modified).expect("a time");
        let mut files = StaticFiles::new("ver=0.7.0", &[]);
        assert!(files.add(STYLE, &style, MODIFIED, headers("26")).expect("it can be examined"));
        Self { folder, files }
    }

    fn answer(&self, fake: &Fake) -> Option<Answer> {
        self.files.answer(&arrived(fake, "/kallithea"))
    }

    /// Status, header lines and body of the answer to a GET with these headers.
    fn get(&self, raw: &str) -> (String, Vec<String>, String) {
        sent("GET", self.answer(&request("GET", &format!("/kallithea{STYLE}"), raw)).expect("an answer"))
    }
}

fn headers(length: &str) -> Vec<(String, String)> {
    let headers = [
        ("Etag", ETAG),
        ("Cache-Control", "max-age=3600, public"),
        ("Expires", DATE),
        ("Content-Type", "text/css"),
        ("Content-Length", length),
        ("Last-Modified", DATE),
        ("Content-Security-Policy", "sandbox"),
    ];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn request(method: &str, url: &str, raw: &str) -> Fake {
    Fake { method: method.into(), ..Fake::get(url) }.with("ALL_RAW", raw)
}

fn arrived(fake: &Fake, application: &'static str) -> Environ {
    let settings = settings(application, Identity::Server);
    let mut environ = Environ::default();
    environ.read_line(fake, &settings);
    assert_eq!(environ.arrive(fake, &settings), Arrival::Application);
    environ
}

/// What a server sends for an answer.
fn sent(method: &str, Answer { head, body }: Answer) -> (String, Vec<String>, String) {
    let fake = Fake::get("/");
    let mut reply = Reply::new(method.as_bytes(), kallithea_bridge_isapi::reply::Protocol::Http11);
    reply.set_head(head);
    let mut text = String::new();
    if let Some(mut body) = body {
        reply.write_file(&fake, body.for_the_server()).expect("it is sent");
        let part = fake.files.take().pop().expect("a part of a file");
        assert_eq!((part.offset, part.size), (body.offset, body.size));
        body.file.seek(SeekFrom::Start(part.offset)).expect("a place");
        body.file.take(part.size).read_to_string(&mut text).expect("letters");
    }
    reply.finish(&fake).expect("it ends");
    let (status, lines, _) = fake.head.take().expect("a head");
    (status, lines.trim_end().lines().map(ToOwned::to_owned).collect(), text)
}

#[test]
fn a_file_is_sent_with_the_applications_headers() {
    let site = Site::new();
    let expected = [
        &format!("Etag: {ETAG}"),
        "Cache-Control: max-age=3600, public",
        "Content-Type: text/css",
        "Content-Length: 26",
        &format!("Last-Modified: {DATE}"),
        "Content-Security-Policy: sandbox",
        "Accept-Ranges: bytes",
    ];
    let (status, lines, body) = site.get("Host: a\r\n");
    assert_eq!((status.as_str(), body.as_str()), ("200 OK", "abcdefghijklmnopqrstuvwxyz"));
    assert_eq!(lines, expected);
    let head = request("HEAD", &format!("/kallithea{STYLE}"), "");
    let (status, lines, body) = sent("HEAD", site.answer(&head).expect("an answer"));
    assert_eq!((status.as_str(), body.as_str()), ("200 OK", ""));
    assert_eq!(lines, expected);
}

/// Another version's address may be asked for before that version is there, and a cache must not keep the answer.
#[test]
fn only_the_address_of_this_version_is_kept_for_long() {
    let site = Site::new();
    for (query, age) in [("?ver=0.7.0", 604_800), ("?ver=0.7.1", 3600), ("?ver=0.7.0&x", 3600), ("?", 3600)] {
        let fake = request("GET", &format!("/kallithea{STYLE}{query}"), "");
        let (_, lines, _) = sent("GET", site.answer(&fake).expect("an answer"));
        let cache: Vec<_> = lines.iter().filter(|line| line.starts_with("Cache-Control")).collect();
        assert_eq!(cache, [&format!("Cache-Control: max-age={age}, public")], "{query}");
    }
}

#[test]
fn a_client_that_has_the_file_gets_a_304() {
    let site = Site::new();
    let lines = [format!("Etag: {ETAG}"), "Cache-Control: max-age=3600, public".to_owned()];
    for condition in [
        format!("If-None-Match: {ETAG}"),
        format!("If-None-Match: \"other\", W/{ETAG}"),
        "If-None-Match: *".to_owned(),
        format!("If-Modified-Since: {DATE}"),
        format!("If-None-Match: {ETAG}\r\nRange: bytes=0-1"),
    ] {
        let found = site.get(&format!("{condition}\r\n"));
        assert_eq!(found, ("304 Not Modified".to_owned(), lines.to_vec(), String::new()), "{condition}");
    }
    for condition in [
        "If-None-Match: \"other\"".to_owned(),
        // The tag decides where there are both (RFC 9110, section 13.1.3).
        format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {DATE}"),
        "If-None-Match: \"other\"\r\nIf-Modified-Since: yesterday".to_owned(),
    ] {
        assert_eq!(site.get(&format!("{condition}\r\n")).0, "200 OK", "{condition}");
    }
}

#[test]
fn a_range_is_a_part_of_the_file() {
    let site = Site::new();
    for (range, part, place) in [
        ("bytes=0-2", "abc", "0-2/26"),
        ("bytes=24-", "yz", "24-25/26"),
        ("bytes=24-99", "yz", "24-25/26"),
        ("Bytes=-3", "xyz", "23-25/26"),
        ("bytes=-99", "abcdefghijklmnopqrstuvwxyz", "0-25/26"),
        ("bytes=0-18446744073709551615", "abcdefghijklmnopqrstuvwxyz", "0-25/26"),
    ] {
        let (status, lines, body) = site.get(&format!("Range: {range}\r\n"));
        assert_eq!((status.as_str(), body.as_str()), ("206 Partial Content", part), "{range}");
        for line in [
            format!("Content-Range: bytes {place}"),
            format!("Content-Length: {}", part.len()),
            "Content-Security-Policy: sandbox".to_owned(),
        ] {
            assert_eq!(lines.iter().filter(|&found| *found == line).count(), 1, "{range}: {lines:?}");
        }
    }
    for range in ["bytes=26-", "bytes=26-30", "bytes=-0", "bytes=99999999999999999999-"] {
        let (status, lines, body) = site.get(&format!("Range: {range}\r\n"));
        let expected = ["Content-Range: bytes */26".to_owned(), "Content-Length: 0".to_owned()];
        assert_eq!(
            (status.as_str(), body.as_str(), lines),
            ("416 Range Not Satisfiable", "", expected.to_vec()),
            "{range}"
        );
    }
    for range in
        ["bytes=0-1,3-4", "bytes=2-1", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=0-1", "bytes", ""]
    {
        assert_eq!(site.get(&format!("Range: {range}\r\n")).0, "200 OK", "{range}");
    }
}

#[test]
fn a_range_of_an_older_file_is_the_whole_file() {
    let site = Site::new();
    for (condition, status) in [
        (ETAG, "206 Partial Content"),
        (DATE, "206 Partial Content"),
        ("\"other\"", "200 OK"),
        (&format!("W/{ETAG}"), "200 OK"),
        ("Mon, 13 Nov 2023 22:13:20 GMT", "200 OK"),
    ] {
        assert_eq!(
            site.get(&format!("Range: bytes=0-1\r\nIf-Range: {condition}\r\n")).0,
            status,
            "{condition}"
        );
    }
}

#[test]
fn other_requests_are_the_applications() {
    let site = Site::new();
    let url = format!("/kallithea{STYLE}");
    for method in ["POST", "PUT", "OPTIONS", "get"] {
        assert!(site.answer(&request(method, &url, "")).is_none(), "{method}");
    }
    for raw in [
        "Transfer-Encoding: chunked\r\n",
        "If-Match: *\r\n",
        "If-Unmodified-Since: x\r\n",
        // The application reads dates.
        "If-Modified-Since: Mon, 13 Nov 2023 22:13:20 GMT\r\n",
        "If-Modified-Since: Thu, 16 Nov 2023 22:13:20 GMT\r\n",
        "If-Modified-Since: yesterday\r\n",
    ] {
        assert!(site.answer(&request("GET", &url, raw)).is_none(), "{raw}");
    }
    assert!(site.answer(&request("GET", &url, "").with_body(Some(3), b"abc", &[])).is_none(), "a body");
    let at_the_root = request("GET", STYLE, "");
    assert!(
        site.files.answer(&arrived(&at_the_root, "/")).is_some(),
        "the path below the application counts"
    );
}

#[test]
fn a_file_that_changes_is_the_applications() {
    let place = |site: &Site| site.folder.path().join("style.css");
    for change in [
        (|path| fs::write(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ").expect("written")) as fn(&Path),
        |path| {
            let file = File::options().write(true).open(path).expect("it");
            let modified = file.metadata().expect("a file").modified().expect("a time");
            file.set_len(25).and_then(|()| file.set_modified(modified)).expect("changed");
        },
        |path| fs::remove_file(path).expect("removed"),
        |path| fs::remove_file(path).and_then(|()| fs::create_dir(path)).expect("a folder"),
    ] {
        let site = Site::new();
        change(&place(&site));
        assert!(site.answer(&request("GET", &format!("/kallithea{STYLE}"), "")).is_none());
    }
}

#[test]
fn only_whole_files_are_listed() {
    let site = Site::new();
    let mut files = StaticFiles::default();
    let style = site.folder.path().join("style.css");
    let mut is_added = |address: &str, path: &Path, modified, length| {
        files.add(address, path, modified, headers(length)).expect("it can be examined")
    };
    assert!(!is_added(STYLE, &style, MODIFIED, "25"), "another length");
    assert!(!is_added(STYLE, &style, MODIFIED - 100, "26"), "written since the application was asked");
    assert!(!is_added("/", site.folder.path(), MODIFIED, "26"), "a folder");
    files.add("/none", &site.folder.path().join("none"), MODIFIED, headers("26")).expect_err("no file");
    assert!(files.is_empty());
}

/// The front of a farm asks for such a file to see whether Python answers.
#[test]
fn a_file_that_shows_whether_the_application_answers_is_left_to_it() {
    let site = Site::new();
    let style = site.folder.path().join("style.css");
    let mut files = StaticFiles::new("ver=0.7.0", &["/health.css"]);
    for (address, is_added) in [("/health.css", false), (STYLE, true)] {
        assert_eq!(
            files.add(address, &style, MODIFIED, headers("26")).expect("a file"),
            is_added,
            "{address}"
        );
    }
    let asked = |address: &str| {
        files.answer(&arrived(&request("GET", &format!("/kallithea{address}"), ""), "/kallithea"))
    };
    assert!(asked("/health.css").is_none() && asked(STYLE).is_some());
}
