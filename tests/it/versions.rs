//! The outputs for each version of IIS: nothing that a user would miss is dropped without a message.

use std::collections::BTreeSet;

use iis_config::{Version, markup};
use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::emit::emit;
use kallithea_iisc::lower::lower;

use crate::support;

/// What older versions lack, and why nobody misses it.
const NOT_MISSED: [(&str, &str); 8] = [
    ("binding@sslFlags", "0 is what a binding without it does; 1 is refused (KI314)"),
    ("limits@maxUrlSegments", "the limit that it lifts came with it"),
    ("extendedProtection@tokenChecking", "None is what there was before extended protection"),
    (
        "anonymousAuthentication@userName",
        "it is for the page that IIS requests at the start: see initializationPage",
    ),
    ("extendedProtection@flags", "they came with it; anything but None is refused (KI314)"),
    (
        "add@initializationPage",
        "IIS 7.5 starts the worker process alone, which `preloadEnabled` tells; see startMode for 7.0",
    ),
    (
        "application@preloadEnabled",
        "it comes with startMode: AlwaysRunning, which 7.0 refuses, and of which 7.5 is told (KI326)",
    ),
    ("add@startMode", "OnDemand is what there was before it; anything else is refused (KI314)"),
];

/// An example's spec for another version, without what that version does not support.
fn spec(example: &str, version: Version) -> String {
    let text = support::spec_of(example);
    let text = match text.contains("iisVersion:") {
        true => text
            .replace("iisVersion: \"10.0\"", "iisVersion: \"8.5\"")
            .replace("\"8.5\"", &format!("\"{version}\"")),
        false => format!("{text}\ntarget:\n  iisVersion: \"{version}\"\n"),
    };
    let newer = [
        ("serverNameIndication: true", "serverNameIndication: false", Version::V8_0),
        ("  startMode: AlwaysRunning\n", "", Version::V7_5),
        ("extendedProtection: Allow", "extendedProtection: None", Version::V7_5),
    ];
    let newer = newer.into_iter().filter(|(_, _, since)| version < *since);
    newer.fold(text, |text, (new, old, _)| text.replace(new, old))
}

/// The names of all attributes in the outputs that IIS reads, and every warning about what is lost.
fn compiled(example: &str, version: Version) -> (BTreeSet<String>, String) {
    let (source, checked) = check_bytes("deploy.yaml", spec(example, version).into_bytes());
    let spec = checked.spec.unwrap_or_else(|| panic!("{example}, {version}: {:#?}", checked.diagnostics));
    let tree = emit(&lower(&spec, &source));
    let mut names = BTreeSet::new();
    for (_, text) in tree.iter().filter(|(path, _)| path.ends_with(".config")) {
        let document = markup::parse(text).expect("XML");
        names.extend(document.elements.iter().map(|element| format!("<{}>", element.name)));
        for element in &document.elements {
            let attributes = element.attributes.iter();
            names.extend(attributes.map(|attribute| format!("{}@{}", element.name, attribute.name)));
        }
        let values = document.elements.iter().filter_map(|element| element.value("identityType"));
        names.extend(values.map(ToOwned::to_owned));
    }
    let lost = checked.diagnostics.iter().filter(|found| found.code == Code::LostOnTarget);
    (names, lost.map(|found| found.message.clone()).collect())
}

#[test]
fn what_a_version_lacks_is_not_missed_or_said() {
    let mut excused = BTreeSet::new();
    for example in support::examples() {
        let (newest, _) = compiled(&example, Version::V10_0);
        // A farm signs on with Kerberos alone, which came with 7.5: KI314 says so.
        let oldest = if example == "farm" { Version::V7_5 } else { Version::V7_0 };
        for version in Version::ALL.into_iter().filter(|version| *version >= oldest) {
            let (names, said) = compiled(&example, version);
            for gone in newest.difference(&names) {
                let reason = NOT_MISSED.iter().find(|(name, _)| name == gone);
                // Here IIS authenticates nobody, and opens the folder with the pool's account in both cases.
                let is_anonymous = example == "ldap" && gone == "serverRuntime@authenticatedUserOverride";
                // An element with only such attributes goes with them.
                let is_shell = gone.starts_with('<');
                assert!(
                    is_shell
                        || is_anonymous
                        || reason.is_some()
                        || said.contains(&format!("`{}`", gone.rsplit('@').next().unwrap_or(gone))),
                    "{example}, {version}: {gone} goes without a word"
                );
                excused.extend(reason.map(|(name, _)| *name));
            }
        }
    }
    assert_eq!(excused.len(), NOT_MISSED.len(), "excused for nothing: {excused:?} are needed");
}
