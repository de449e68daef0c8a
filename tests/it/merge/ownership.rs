//! What a deployment decides in the file, and what it leaves to others.

use kallithea_iisc::merge::{Strangers, plan};

use super::{SERVER, deployment, deployment_of, planned, pruned, reasons, removed, said, spec_of, steps};

/// The server with an example applied.
fn applied(name: &str) -> String {
    planned(SERVER, &deployment_of(name)).text
}

/// A text with one part of it replaced. That part must exist.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn a_plan_names_every_node_in_the_words_of_iis() {
    let plan = planned(SERVER, &deployment_of("intranet-sso"));
    let restriction = r"add ISAPI restriction C:\inetpub\kallithea\bridge\_dispatch.dll";
    assert_eq!(
        steps(&plan),
        [
            "add application pool Kallithea",
            "add site Kallithea",
            restriction,
            "add location Kallithea",
            "add location Kallithea/images/kallithea-logo.svg"
        ]
    );
    let details: Vec<&str> = plan.steps.iter().flat_map(|step| &step.details).map(String::as_str).collect();
    for said in [
        "application /",
        "binding https *:443:kallithea.corp.example.com",
        "windowsAuthentication",
        "processModel",
    ] {
        assert!(details.contains(&said), "{said} is not in {details:?}");
    }
    let plan = planned(SERVER, &deployment_of("subfolder-x86"));
    assert_eq!(steps(&plan)[0], "add application Default Web Site/kallithea");
    assert!(!steps(&plan).iter().any(|step| step.contains("pool")), "a shared pool is nobody's to change");
}

#[test]
fn drift_is_shown_and_put_right_and_nothing_else_is_touched() {
    let present = applied("intranet-sso");
    let drifted = with(&present, "idleTimeout=\"00:00:00\"", "idleTimeout=\"00:20:00\"");
    let drifted =
        with(&drifted, "<windowsAuthentication enabled=\"true\"", "<windowsAuthentication  enabled='FALSE'");
    let plan = planned(&drifted, &deployment_of("intranet-sso"));
    let changes: Vec<_> = plan.steps.iter().flat_map(|step| step.details.clone()).collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes[0].contains("processModel@idleTimeout: \"00:20:00\" becomes \"00:00:00\""),
        "{changes:?}"
    );
    assert!(changes[1].contains("windowsAuthentication@enabled: \"FALSE\" becomes \"true\""), "{changes:?}");
    let expected =
        with(&present, "<windowsAuthentication enabled=\"true\"", "<windowsAuthentication  enabled='true'");
    assert_eq!(plan.text, expected);
}

#[test]
fn values_that_iis_takes_for_the_same_are_the_same() {
    let present = applied("intranet-sso");
    let rewritten = with(&present, "accessPolicy=\"Read, Script\"", "accessPolicy=\"script,read\"");
    let rewritten = with(&rewritten, "serverAutoStart=\"true\"", "serverAutoStart=\"True\"");
    assert!(!planned(&rewritten, &deployment_of("intranet-sso")).changes());
}

#[test]
fn what_others_added_to_our_nodes_stays_and_is_named() {
    let present = applied("intranet-sso");
    let present = with(&present, "<site name=\"Kallithea\"", "<site lockItem=\"false\" name=\"Kallithea\"");
    let more = "<application path=\"/other\"><virtualDirectory path=\"/\" physicalPath=\"D:\\other\" /></application>";
    let place = present.rfind("</site>").expect("our site");
    let present = format!("{}{more}{}", &present[..place], &present[place..]);
    let plan = planned(&present, &deployment_of("intranet-sso"));
    assert_eq!(plan.text, present);
    let others: Vec<_> = plan.steps.iter().flat_map(|step| step.others.clone()).collect();
    assert_eq!(others, ["@lockItem", "application /other"]);
}

#[test]
fn remove_takes_nothing_of_others_with_it() {
    let present = applied("intranet-sso");
    let place = present.rfind("</site>").expect("our site");
    let more = "<application path=\"/other\" />";
    let present = format!("{}{more}{}", &present[..place], &present[place..]);
    let refused =
        kallithea_iisc::merge::removal(&present, &deployment_of("intranet-sso")).expect_err("it is refused");
    assert_eq!(refused.len(), 1);
    let (code, tag) = said(&present, &refused[0]);
    assert_eq!(code, "KI411");
    assert!(
        tag.starts_with("<site name=\"Kallithea\"") && refused[0].message.contains("application /other"),
        "{tag}"
    );
}

#[test]
fn a_section_that_apply_made_stays_while_others_use_it() {
    let bare = with(
        SERVER,
        SERVER
            .split("        <security>\n")
            .nth(1)
            .and_then(|rest| rest.split("        </security>").next())
            .expect("the list"),
        "",
    );
    let present = planned(&bare, &deployment_of("minimal")).text;
    assert!(
        present.contains("; made with it \"isapiCgiRestriction\" -->\n                <add path="),
        "{present}"
    );
    let present = with(
        &present,
        "</isapiCgiRestriction>",
        "    <add path=\"x.dll\" allowed=\"true\" />\n            </isapiCgiRestriction>",
    );
    let back = removed(&present, &deployment_of("minimal")).text;
    assert!(back.contains("<isapiCgiRestriction>\n") && back.contains("x.dll"), "{back}");
    assert!(!back.contains("kallithea"), "{back}");
}

#[test]
fn a_comment_between_ours_and_its_node_stays() {
    let present = applied("minimal");
    let site = "            <site name=\"Kallithea\"";
    let present = with(&present, site, &format!("            <!-- see ticket 12 -->\n{site}"));
    assert!(!planned(&present, &deployment_of("minimal")).changes());
    let back = removed(&present, &deployment_of("minimal")).text;
    assert!(back.contains("<!-- see ticket 12 -->"));
    assert_eq!(with(&back, "            <!-- see ticket 12 -->\n", ""), SERVER);
}

#[test]
fn what_the_spec_no_longer_has_goes() {
    let present = applied("minimal");
    let renamed = deployment(&spec_of("minimal").replace("name: Kallithea", "name: Repositories"));
    let untold = plan(&present, &renamed, Strangers::Refuse).expect_err("nobody said that anything is to go");
    let untold: Vec<_> = untold.iter().map(|reason| said(&present, reason)).collect();
    assert!(untold.iter().all(|(code, _)| *code == "KI416"), "{untold:?}");
    assert!(untold.iter().any(|(_, tag)| tag.starts_with("<site name=\"Kallithea\"")), "{untold:?}");
    assert!(untold.iter().any(|(_, tag)| tag.starts_with("<location path=\"Kallithea\"")), "{untold:?}");
    let plan = pruned(&present, &renamed);
    let steps = steps(&plan);
    for step in [
        "remove site Kallithea",
        "remove location Kallithea",
        "add site Repositories",
        "add location Repositories",
    ] {
        assert!(steps.iter().any(|other| other == step), "{step} is not in {steps:?}");
    }
    assert!(!plan.text.contains("<site name=\"Kallithea\""), "{}", plan.text);
    assert!(!planned(&plan.text, &renamed).changes());
    assert_eq!(removed(&plan.text, &renamed).text, SERVER);
}

#[test]
fn two_deployments_share_a_file() {
    let other = spec_of("minimal")
        .replace("name: minimal", "name: other--one")
        .replace("name: Kallithea", "name: Other");
    let other = other.replace("kallithea.", "other.").replace(r"inetpub\kallithea", r"inetpub\other");
    let other = deployment(&other);
    let both = planned(&applied("minimal"), &other).text;
    assert!(both.contains("<!-- kallithea-iisc: other-%2Done; site \"Other\"; serves \"Other\""), "{both}");
    assert!(!planned(&both, &deployment_of("minimal")).changes());
    assert_eq!(removed(&both, &other).text, applied("minimal"));
    let back = removed(&removed(&both, &deployment_of("minimal")).text, &other).text;
    assert_eq!(back, SERVER);
}

#[test]
fn a_node_put_in_by_hand_is_a_conflict_until_it_is_adopted() {
    let by_hand: String = applied("intranet-sso")
        .lines()
        .filter(|line| !line.contains("kallithea-iisc:"))
        .map(|line| format!("{line}\n"))
        .collect();
    let found = reasons(&by_hand, &deployment_of("intranet-sso"));
    assert!(
        found.iter().any(|(code, tag)| *code == "KI402" && tag.starts_with("<site name=\"Kallithea\"")),
        "{found:?}"
    );
    let deployment = deployment_of("intranet-sso");
    let adopted =
        plan(&by_hand, &deployment, Strangers::Adopt).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
    assert!(!planned(&adopted.text, &deployment).changes());
    assert_eq!(adopted.text, applied("intranet-sso"));
}
