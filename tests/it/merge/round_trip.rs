//! Added and removed again: no byte is lost, and nothing happens twice.

use kallithea_iisc::merge::{Strangers, plan, removal};
use proptest::prelude::*;

use super::variants::variants;
use super::{SERVER, deployment, deployment_of, planned, pruned, removed, spec_of, steps};
use crate::support;

#[test]
fn what_apply_puts_in_remove_takes_out_byte_for_byte() {
    for name in support::examples() {
        let deployment = deployment_of(&name);
        for (way, text) in variants(SERVER) {
            let applied = planned(&text, &deployment);
            assert!(applied.changes(), "{name}, {way}");
            let again = planned(&applied.text, &deployment);
            assert_eq!(again.text, applied.text, "{name}, {way}: a second apply changes something");
            assert!(!again.changes(), "{name}, {way}: {:?}", steps(&again));
            let back = removed(&applied.text, &deployment);
            assert_eq!(back.text, text, "{name}, {way}");
        }
    }
}

#[test]
fn several_nodes_in_an_element_that_was_empty_leave_it_empty() {
    let (_, rest) = SERVER.split_once("<site name=\"Default Web Site\"").expect("a site");
    let (own, _) = rest.split_once("</site>").expect("its end");
    let traced = deployment(&format!("{}\nfailedRequestTracing: {{}}\n", spec_of("subfolder-x86")));
    for empty in
        ["<site name=\"Default Web Site\" id=\"1\" />", "<site name=\"Default Web Site\" id=\"1\"></site>"]
    {
        let text = SERVER.replace(&format!("<site name=\"Default Web Site\"{own}</site>"), empty);
        let applied = planned(&text, &traced).text;
        assert_eq!(planned(&applied, &traced).text, applied);
        assert_eq!(removed(&applied, &traced).text, text);
    }
}

#[test]
fn two_deployments_in_a_list_that_was_empty_leave_it_empty() {
    let (_, text) = variants(SERVER).into_iter().find(|(way, _)| *way == "no restriction yet").expect("it");
    let second = deployment(&spec_of("subfolder-x86"));
    for first in ["minimal", "intranet-sso"] {
        let first = deployment_of(first);
        let both = planned(&planned(&text, &first).text, &second).text;
        let first_gone = removed(&both, &first).text;
        assert_eq!(removed(&first_gone, &second).text, text);
        let second_gone = removed(&both, &second).text;
        assert_eq!(removed(&second_gone, &first).text, text);
    }
}

#[test]
fn a_site_of_another_name_takes_the_former_ones_place_in_one_go() {
    let (_, rest) = SERVER.split_once("<sites>").expect("sites");
    let (all, _) = rest.split_once("</sites>").expect("their end");
    let text = SERVER.replace(&format!("<sites>{all}</sites>"), "<sites />");
    let renamed = deployment(&spec_of("minimal").replace("name: Kallithea\n", "name: Repositories\n"));
    let applied = planned(&text, &deployment_of("minimal")).text;
    let moved = pruned(&applied, &renamed);
    assert!(moved.text.contains("<site name=\"Repositories\""), "{}", moved.text);
    assert_eq!(planned(&moved.text, &renamed).text, moved.text);
    assert_eq!(removed(&moved.text, &renamed).text, text);
}

#[test]
fn every_line_of_the_file_stays_in_its_order() {
    for (way, text) in
        variants(SERVER).into_iter().filter(|(way, _)| !way.contains("list") && *way != "one line")
    {
        let applied = planned(&text, &deployment_of("intranet-sso")).text;
        let mut lines = applied.split_inclusive('\n');
        for line in text.split_inclusive('\n') {
            let is_one_tag =
                line.trim_end().ends_with("/>") && (line.contains("isapiCgi") || line.contains("<security"));
            assert!(is_one_tag || lines.any(|kept| kept == line), "{way}: {line:?} is not where it was");
        }
    }
}

#[test]
fn what_is_put_in_is_laid_out_as_the_file_is() {
    let applied = |way: &str| {
        let (_, text) = variants(SERVER).into_iter().find(|(name, _)| *name == way).expect("a variant");
        planned(&text, &deployment_of("minimal")).text
    };
    let (tabs, spaces) = (applied("tabs"), applied("two spaces"));
    assert!(
        tabs.contains("\n\t\t\t<!-- kallithea-iisc: minimal; site \"Kallithea\"; ")
            && tabs.contains(" -->\n\t\t\t<site name=\"Kallithea\""),
        "{tabs}"
    );
    assert!(tabs.contains("\n\t\t\t\t<application path=\"/\" applicationPool=\"minimal\">\n"), "{tabs}");
    assert!(
        spaces.contains("\r\n      <!-- kallithea-iisc: minimal; site \"Kallithea\"; ")
            && spaces.contains(" -->\r\n      <site name=\"Kallithea\""),
        "{spaces}"
    );
    assert!(!spaces.replace("\r\n", "").contains('\n'), "a line feed stands alone");
    assert!(
        applied("as it is")
            .contains("</site>\n            <!-- kallithea-iisc: minimal; site \"Kallithea\"; ")
    );
}

/// Text in a place where it should not be, or in an unusual form.
const SCRAPS: [&str; 16] = [
    "",
    " ",
    "\n",
    "\r\n\t",
    "<",
    ">",
    "/>",
    "\"",
    "<!--",
    "-->",
    "<!-- words -->",
    "<add name=\"x\"/>",
    "<sites/>",
    "<site name=\"Kallithea\" id=\"9\"></site>",
    "<security><isapiCgiRestriction/></security>",
    "&amp;",
];

/// A change that others make to the file between apply and remove.
#[derive(Debug, Clone)]
enum Edit {
    Comment,
    BlankLine,
    Pool,
    Delete,
}

/// Lines before which text can be inserted: between two whole tags.
fn places(lines: &[&str]) -> Vec<usize> {
    let is_tag = |line: &str| line.trim_start().starts_with('<') && line.trim_end().ends_with('>');
    (4..lines.len()).filter(|&at| is_tag(lines[at - 1]) && is_tag(lines[at])).collect()
}

fn edit(line: &str, number: usize, edit: &Edit) -> Option<String> {
    match edit {
        Edit::Comment => Some(format!("<!-- note {number} -->\n{line}")),
        Edit::BlankLine => Some(format!("\n  \n{line}")),
        Edit::Pool if line.contains("<applicationPoolDefaults") => {
            Some(format!("            <add name=\"Pool {number}\" />\n{line}"))
        }
        Edit::Delete if line.contains("<section name=") => Some(String::new()),
        Edit::Pool | Edit::Delete => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What others do to their own lines in the meantime stays, and our nodes go.
    #[test]
    fn remove_after_foreign_edits_takes_our_nodes_and_nothing_else(
        which in 0..3_usize,
        edits in proptest::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![
                Just(Edit::Comment), Just(Edit::BlankLine), Just(Edit::Pool), Just(Edit::Delete),
            ]), 1..6),
    ) {
        let deployment = deployment_of(&support::examples()[which]);
        let applied = planned(SERVER, &deployment).text;
        let original: Vec<&str> = SERVER.split_inclusive('\n').collect();
        let present: Vec<&str> = applied.split_inclusive('\n').collect();
        // Where each line of the original is now.
        let mut places_now = Vec::new();
        let mut from = 0;
        for line in &original {
            let at = from + present[from..].iter().position(|now| now == line).expect("every line stays");
            places_now.push(at);
            from = at + 1;
        }
        let (mut expected, mut edited) = (original.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(),
            present.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        let free = places(&original);
        for (number, (index, kind)) in edits.iter().enumerate() {
            let at = free[index.index(free.len())];
            if expected[at] == original[at] && let Some(new) = edit(original[at], number, kind) {
                expected[at] = new.clone();
                edited[places_now[at]] = new;
            }
        }
        let (expected, edited) = (expected.concat(), edited.concat());
        let back = removal(&edited, &deployment).map_err(|reasons| TestCaseError::fail(format!("{reasons:#?}")))?;
        prop_assert_eq!(back.text, expected);
    }

    /// Any file is refused, or what is added comes out again and every other byte stays.
    #[test]
    fn any_file_is_refused_or_given_back(
        which in 0..3_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, 0..SCRAPS.len()), 0..5),
    ) {
        let deployment = deployment_of(&support::examples()[which]);
        let mut text = SERVER.to_owned();
        for (place, gone, scrap) in changes {
            let at = text.floor_char_boundary(place.index(text.len()));
            let end = text.floor_char_boundary((at + gone).min(text.len()));
            text.replace_range(at..end, SCRAPS[scrap]);
        }
        if let Ok(applied) = plan(&text, &deployment, Strangers::Refuse) {
            let again = plan(&applied.text, &deployment, Strangers::Refuse);
            prop_assert!(again.is_ok_and(|again| again.text == applied.text), "a second apply changes\n{}", text);
            let back = removal(&applied.text, &deployment);
            prop_assert!(back.as_ref().is_ok_and(|back| back.text == text), "{:?} out of\n{}", back, text);
        }
    }
}
