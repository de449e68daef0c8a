//! Headers: each name once, in order, and no claim from a sender that cannot know.

use std::collections::{BTreeMap, BTreeSet};

use kallithea_bridge_isapi::headers::{Headers, Trust};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names that claim something, and names that look like them.
const CLAIMS: [&str; 13] = [
    "X-Forwarded-For",
    "X-Forwarded-User",
    "X-Real-IP",
    "Remote-User",
    "X-Remote-User",
    "Remote-Addr",
    "Forwarded",
    "Client-IP",
    "Proxy",
    "Auth-Type",
    "Logon-User",
    "Auth-User",
    "Unicode-Remote-User",
];

/// A claim in any spelling.
fn claims() -> impl Strategy<Value = String> {
    (select(&CLAIMS[..]), any::<u32>()).prop_map(|(name, bits)| {
        let spell = |(index, letter): (usize, char)| match bits >> (index % 32) & 1 {
            0 => letter,
            _ if letter == '-' => '_',
            _ => letter.to_ascii_lowercase(),
        };
        name.chars().enumerate().map(spell).collect()
    })
}

fn settled(raw: &[u8], trust: Trust) -> Headers {
    let mut headers = Headers::default();
    headers.read(|lines| lines.extend_from_slice(raw));
    headers.settle(trust);
    headers
}

fn raw(lines: &[(String, String)]) -> Vec<u8> {
    lines.iter().flat_map(|(name, value)| format!("{name}: {value}\r\n").into_bytes()).collect()
}

proptest! {
    #[test]
    fn any_bytes_give_each_name_once(lines: Vec<u8>, proxy: bool, authenticated: bool) {
        let headers = settled(&lines, Trust { proxy, authenticated });
        let names: Vec<_> = headers.variables().map(|(name, _)| name.to_vec()).collect();
        prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for name in names {
            prop_assert!(name.starts_with(b"HTTP_") && name.len() > 5);
            prop_assert!(!name.contains(&b'-') && !name.iter().any(u8::is_ascii_lowercase));
        }
    }

    #[test]
    fn any_lines_say_one_end_of_the_body_or_none(lines in vec(
        (select(&["Content-Length", "content-length", "Transfer-Encoding", "Content_Length"][..]),
         select(&["5", "05", "6", "", "-1", "5, 5", "chunked", "Chunked ", "gzip", "chunked, gzip"][..])), 0..4,
    )) {
        let text: String = lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let mut headers = Headers::default();
        headers.read(|raw| raw.extend_from_slice(text.as_bytes()));
        if headers.body_end().is_ok() {
            let all = |wanted: &str| -> BTreeSet<_> {
                let said = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
                said.map(|(_, value)| value.trim().parse::<u64>().ok()).collect()
            };
            let lengths = all("content-length");
            prop_assert!(lengths.len() <= 1 && !lengths.contains(&None), "{text}");
            let codings = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
            let codings: Vec<_> = codings.map(|(_, value)| value.trim().to_ascii_lowercase()).collect();
            prop_assert!(codings.is_empty() || codings == ["chunked"], "{text}");
        }
    }

    #[test]
    fn no_claim_passes_from_a_stranger(name in claims(), value in "[!-~]{0,8}", authenticated: bool) {
        let lines = raw(&[(name, value), ("X-Good".into(), "1".into())]);
        let headers = settled(&lines, Trust { proxy: false, authenticated });
        let names: Vec<_> = headers.variables().map(|(name, _)| name.to_vec()).collect();
        prop_assert_eq!(names, vec![b"HTTP_X_GOOD".to_vec()]);
    }

    #[test]
    fn no_user_passes_even_from_a_proxy(name in claims(), proxy: bool, authenticated: bool) {
        let headers = settled(&raw(&[(name, "carol".into())]), Trust { proxy, authenticated });
        for (name, _) in headers.variables() {
            prop_assert!(!name.ends_with(b"USER"), "{}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn no_underscore_passes_even_from_a_proxy(name in "[A-Za-z]{1,8}_[A-Za-z_-]{1,8}", proxy: bool) {
        let headers = settled(&raw(&[(name, "carol".into())]), Trust { proxy, authenticated: false });
        prop_assert_eq!(headers.variables().count(), 0);
    }

    #[test]
    fn values_of_one_name_are_joined_in_order(
        lines in vec((select(&["A", "a", "X-B", "x-b", "Cookie", "C"][..]), "[!-~]{0,6}"), 0..12),
    ) {
        let lines: Vec<(String, String)> =
            lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut expected = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in &lines {
            let folded = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
            expected.entry(folded).or_default().push(value.clone());
        }
        let headers = settled(&raw(&lines), Trust::default());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII went in");
        let found: BTreeMap<_, _> =
            headers.variables().map(|(name, value)| (text(name), text(value))).collect();
        let joined = |name: &str, values: &[String]| values.join(if name == "HTTP_COOKIE" { "; " } else { "," });
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(name, values)| (name.clone(), joined(name, values))).collect();
        prop_assert_eq!(found, expected);
    }
}
