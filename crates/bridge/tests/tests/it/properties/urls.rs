//! URLs: split without loss, decoded once, and never outside the application.

use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::settings::Identity;
use kallithea_bridge_isapi::url::{decode, encode, is_elsewhere, path_of, read, settle, split};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fake::{Fake, settings};

/// Paths with many of the parts that matter to the bridge.
fn paths() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        "%2f",
        "%5c",
        "%5C%5C",
        "\\",
        "%u005c",
        "%u002E",
        "%c0%af",
        "C:",
        ":",
        "%25",
        "%",
        "%4",
        "%zz",
        "%00",
        "%C3%B6",
        "%ff",
        "kallithea",
        "Kallithea",
        "kallithea2",
        "a",
        "b+c",
        ";x=1",
        "ö",
    ];
    vec(select(PARTS), 0..12).prop_map(|parts| format!("/{}", parts.concat()))
}

/// Whether a path has the form by which HTTP.sys selects an application.
fn is_read(path: &[u8]) -> bool {
    let odd = |segment: &[u8]| matches!(segment, b"." | b"..");
    path.starts_with(b"/")
        && !path.windows(2).any(|pair| pair == b"//")
        && !path.contains(&b'\\')
        && !path.split(|&byte| byte == b'/').any(odd)
        && !String::from_utf8_lossy(path).chars().any(char::is_control)
}

proptest! {
    #[test]
    fn any_bytes_are_taken_apart_without_a_panic(target: Vec<u8>, application in "/|/[a-z]{1,4}") {
        let Ok(path) = read(path_of(&target)) else { return Ok(()) };
        prop_assert!(is_read(&path));
        let whole = path.clone();
        if let Some((script_name, path_info)) = split(path, &application) {
            prop_assert_eq!([&script_name[..], &path_info[..]].concat(), whole);
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_once(path: Vec<u8>) {
        prop_assert_eq!(decode(encode(&path).as_bytes()), Ok(path.clone()));
        // An escaped escape is decoded only once.
        let twice = encode(encode(&path).as_bytes());
        prop_assert_eq!(decode(twice.as_bytes()), Ok(encode(&path).into_bytes()));
    }

    #[test]
    fn a_path_is_read_once_and_for_all(path in paths()) {
        if let Ok(once) = read(path.as_bytes()) {
            prop_assert!(is_read(&once), "{}", String::from_utf8_lossy(&once));
            prop_assert_eq!(settle(once.clone()), Ok(once.clone()));
            prop_assert_eq!(read(encode(&once).as_bytes()), Ok(once));
        }
    }

    #[test]
    fn the_spelling_of_a_separator_makes_no_difference(
        segments in vec("[a-z:.]{0,3}", 1..6),
        spellings in vec(select(&["/", "\\", "%2f", "%5C", "//", "/./", "\\%2F", "%u005C", "/x/../"][..]), 6),
    ) {
        let plain: String = segments.iter().map(|segment| format!("/{segment}")).collect();
        let spelt: String =
            segments.iter().zip(&spellings).map(|(segment, separator)| format!("{separator}{segment}")).collect();
        prop_assert_eq!(read(spelt.as_bytes()), read(plain.as_bytes()));
    }

    #[test]
    fn a_detour_leads_to_the_same_place(segments in vec("[a-z%]{1,3}", 1..6), place: u8, further: bool) {
        let path = format!("/{}", segments.join("/"));
        let detour = if further { "x/y/../.." } else { "./x/.." };
        let mut longer = segments.clone();
        longer.insert(usize::from(place) % segments.len(), detour.to_owned());
        let longer = format!("/{}", longer.join("/"));
        prop_assert_eq!(settle(longer.into_bytes()), Ok(path.into_bytes()));
    }

    #[test]
    fn no_request_leaves_the_application(
        path in paths(),
        query in "[ -~]{0,10}",
        application in select(&["/", "/kallithea"][..]),
    ) {
        let fake = Fake::get(&format!("{path}?{query}"));
        expect_arrival(&fake, application, read(path.as_bytes()).ok(), &query)?;
    }

    /// Whatever a host knows of the path, and in whatever form, the bridge reads it in the same way.
    #[test]
    fn every_source_of_the_path_is_read_alike(path in paths(), source in 0..4_usize) {
        let fake = Fake::get("");
        let mut fake = match source {
            0 => fake.with_wide("UNICODE_PATH_INFO", &path),
            1 => fake.with("URL", &path),
            2 => Fake { path_info: Some(path.clone().into_bytes()), ..fake }.with("SCRIPT_NAME", &path),
            _ => Fake { path_info: Some(path.clone().into_bytes()), ..fake },
        };
        fake.variables.remove("UNENCODED_URL");
        expect_arrival(&fake, "/kallithea", settle(path.into_bytes()).ok(), "")?;
    }
}

/// Fails unless the outcome of a request follows from the single reading of its path.
fn expect_arrival(
    fake: &Fake,
    application: &'static str,
    whole: Option<Vec<u8>>,
    query: &str,
) -> Result<(), TestCaseError> {
    let (mut environ, settings) = (Environ::default(), settings(application, Identity::Server));
    environ.read_line(fake, &settings);
    let arrival = environ.arrive(fake, &settings);
    let get = |name| environ.get(name).map(<[u8]>::to_vec).unwrap_or_default();
    let parts = whole.clone().and_then(|whole| split(whole, application));
    match arrival {
        Arrival::Application => {
            let (script_name, path_info) = (get("SCRIPT_NAME"), get("PATH_INFO"));
            prop_assert!(script_name.eq_ignore_ascii_case(application.trim_end_matches('/').as_bytes()));
            prop_assert!(is_read(&path_info) && !is_elsewhere(&path_info));
            prop_assert_eq!(Some([script_name, path_info].concat()), whole);
            prop_assert_eq!(get("QUERY_STRING"), query.as_bytes());
        }
        Arrival::Redirect { location, .. } => {
            prop_assert!(location[..11].eq_ignore_ascii_case("/kallithea/"), "{}", location);
        }
        Arrival::NotFound => prop_assert!(parts.is_none() && whole.is_some()),
        Arrival::Elsewhere => prop_assert!(parts.is_some_and(|(_, path_info)| is_elsewhere(&path_info))),
        Arrival::Unreadable(_) => prop_assert!(whole.is_none()),
        Arrival::Forbidden | Arrival::Unclear => prop_assert!(false, "nobody is signed on"),
        Arrival::Bad(why) => prop_assert!(false, "{why}"),
        Arrival::TooManyHeaders => prop_assert!(false, "there are none"),
    }
    Ok(())
}
