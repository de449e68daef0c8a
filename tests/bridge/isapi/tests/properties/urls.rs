//! URLs: taken apart without loss, decoded once, and never out of the application.

use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::settings::Identity;
use kallithea_bridge_isapi::url::{decode, encode, path_of, split, without_dots};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{Fake, settings};

/// Paths in which what matters to a bridge is frequent.
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
        "\\",
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

fn has_dots(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|segment| matches!(segment, b"." | b".."))
}

proptest! {
    #[test]
    fn any_bytes_are_taken_apart_without_a_panic(target: Vec<u8>, application in "/|/[a-z]{1,4}") {
        let path = without_dots(decode(path_of(&target)));
        let whole = path.clone();
        if let Some((script_name, path_info)) = split(path, &application) {
            prop_assert_eq!([&script_name[..], &path_info[..]].concat(), whole);
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_once(path: Vec<u8>) {
        prop_assert_eq!(decode(encode(&path).as_bytes()), path.clone());
        // An escape that was escaped stays one.
        let twice = encode(encode(&path).as_bytes());
        prop_assert_eq!(decode(twice.as_bytes()), encode(&path).into_bytes());
    }

    #[test]
    fn dots_are_resolved_for_good(path in paths()) {
        let resolved = without_dots(decode(path.as_bytes()));
        prop_assert!(resolved.starts_with(b"/") && !has_dots(&resolved));
        prop_assert_eq!(without_dots(resolved.clone()), resolved);
    }

    #[test]
    fn a_detour_leads_to_the_same_place(segments in vec("[a-z%]{0,3}", 1..6), place: u8, further: bool) {
        let path = format!("/{}", segments.join("/"));
        let detour = if further { "x/y/../.." } else { "./x/.." };
        let mut longer = segments.clone();
        longer.insert(usize::from(place) % segments.len(), detour.to_owned());
        let longer = format!("/{}", longer.join("/"));
        prop_assert_eq!(without_dots(longer.into_bytes()), path.into_bytes());
    }

    #[test]
    fn no_request_leaves_the_application(path in paths(), query in "[ -~]{0,10}") {
        let fake = Fake::get(&format!("{path}?{query}"));
        let (mut environ, settings) = (Environ::default(), settings("/kallithea", Identity::Server));
        environ.read_line(&fake, &settings);
        let arrival = environ.arrive(&fake, &settings);
        let get = |name| environ.get(name).map(<[u8]>::to_vec).unwrap_or_default();
        match arrival {
            Arrival::Application => {
                let (script_name, path_info) = (get("SCRIPT_NAME"), get("PATH_INFO"));
                prop_assert!(script_name.eq_ignore_ascii_case(b"/kallithea"));
                prop_assert!(path_info.starts_with(b"/") && !has_dots(&path_info));
                let whole = without_dots(decode(path.as_bytes()));
                prop_assert_eq!([script_name, path_info].concat(), whole);
                prop_assert_eq!(get("QUERY_STRING"), query.into_bytes());
            }
            Arrival::Redirect { location, .. } => {
                prop_assert!(location[..11].eq_ignore_ascii_case("/kallithea/"), "{}", location);
            }
            Arrival::NotFound => {
                let whole = without_dots(decode(path.as_bytes()));
                prop_assert!(split(whole, "/kallithea").is_none());
            }
            Arrival::Forbidden => prop_assert!(false, "nobody is signed on"),
            Arrival::Bad(why) => prop_assert!(false, "{why}"),
            Arrival::TooManyHeaders => prop_assert!(false, "there are none"),
        }
    }
}
