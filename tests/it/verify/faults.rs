//! Each promise, broken alone: `verify` must find it, and nothing else.

use std::collections::BTreeSet;

use super::planted::{Planted, of_users_by_tls, planted};
use super::{AS_USER, Change, Presented, Stand, of_accounts_below, same};
use crate::support::iis::Fault;
use crate::support::program;

/// What a finding tells the user to run explains something, and the key of each line is one of the spec.
#[test]
fn every_fault_is_found_and_nothing_else() {
    let (mut words, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for Planted { name, example, change, presented, fault, as_user, asked, found } in planted() {
        let stand = Stand::new(example, change, presented, fault);
        let further = if as_user { &AS_USER[..] } else { &[] };
        let report = stand.report(&[further, asked].concat());
        let broken = report.promises("broken");
        let is_right = broken.len() == found.len()
            && broken.iter().zip(found).all(|(promise, begin)| promise.starts_with(begin));
        assert!(is_right, "{name}: {:#?} instead of {found:?}", report.lines("broken"));
        assert_eq!(report.code, 1, "{name}");
        for line in report.report["promises"].as_array().expect("promises") {
            keys.extend(line["key"].as_str().map(str::to_owned));
            words.extend(line["explain"].as_str().map(str::to_owned));
        }
    }
    assert!(words.len() > 12 && keys.len() > 12, "{words:?} {keys:?}");
    for word in words {
        assert_eq!(program::code(&program::run(&["explain", &word])), 0, "{word}");
    }
    let schema = kallithea_iisc::schema::schema();
    let is_key =
        |key: &str| kallithea_iisc::schema::at(&schema, &key.split('.').collect::<Vec<_>>()).is_some();
    let unknown: Vec<&String> = keys.iter().filter(|key| !is_key(key)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

/// Each check has a fault that it finds: every promise that a whole server keeps is broken by one of them.
#[test]
fn every_promise_has_a_fault_that_breaks_it() {
    let mut kept = BTreeSet::new();
    let stands: [(&str, Change, &[&str]); 5] = [
        ("intranet-sso", same, &AS_USER),
        ("ldap", same, &[]),
        ("farm", same, &[]),
        ("farm", of_users_by_tls, &AS_USER),
        ("subfolder-x86", of_accounts_below, &[]),
    ];
    for (example, change, further) in stands {
        let report = Stand::new(example, change, Presented::Good, Fault::None).report(further);
        assert_eq!(report.promises("broken"), Vec::<&str>::new(), "{example}");
        kept.extend(report.promises("kept").iter().map(|promise| (*promise).to_owned()));
    }
    let all: Vec<&str> = planted().iter().flat_map(|planted| planted.found).copied().collect();
    let unbroken: Vec<&String> =
        kept.iter().filter(|promise| !all.iter().any(|found| promise.starts_with(found))).collect();
    assert_eq!(unbroken, Vec::<&String>::new());
}
