//! Deployments beside others: names, places, pools and addresses that no two deployments of a server may share.

use kallithea_iisc::merge::{Action, Orders, Strangers, plan, removal};

use super::others::{EVERYTHING, former, minimal, refused, with};
use super::{SERVER, deployment, deployment_of, planned, pruned, removed, spec_of};

#[test]
fn a_second_spec_of_a_name_is_a_conflict_that_names_both() {
    let first = deployment_of("minimal");
    let second = minimal(&[
        ("name: Kallithea", "name: Payroll"),
        ("kallithea.corp", "payroll.corp"),
        (r"inetpub\kallithea", r"inetpub\payroll"),
    ]);
    assert_eq!(first.name, second.name);
    let applied = planned(SERVER, &first).text;
    for orders in [Orders::from(Strangers::Refuse), EVERYTHING] {
        let found = refused(&applied, plan(&applied, &second, orders));
        let (_, tag, message) =
            found.iter().find(|(code, ..)| *code == "KI413").unwrap_or_else(|| panic!("{found:?}"));
        assert!(tag.starts_with("<add name=\"minimal\""), "{tag}");
        for said in [
            "\"minimal\"",
            "\"Kallithea\"",
            r"C:\inetpub\kallithea\iis",
            "\"Payroll\"",
            r"C:\inetpub\payroll\iis",
        ] {
            assert!(message.contains(said), "{said} is not in {message}");
        }
        assert!(
            found.iter().all(|(code, ..)| *code != "KI416"),
            "nothing of the first is the second's to delete: {found:?}"
        );
    }
    let found = refused(&applied, removal(&applied, &second));
    assert_eq!(found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(), ["KI413"]);
}

#[test]
fn a_deployment_may_be_moved_to_another_folder_or_another_site() {
    let applied = planned(SERVER, &deployment_of("minimal")).text;
    for changes in [&[("name: Kallithea", "name: Code")], &[(r"inetpub\kallithea", r"apps\kallithea")]] {
        let moved = minimal(changes);
        let after = pruned(&applied, &moved);
        assert!(!planned(&after.text, &moved).changes(), "{changes:?}");
        assert_eq!(removed(&after.text, &moved).text, SERVER, "{changes:?}");
    }
}

#[test]
fn a_pool_that_anything_else_uses_stays_and_it_is_said() {
    let deployment = deployment_of("minimal");
    let other = minimal(&[("site:", "applicationPool:\n  name: Other\nsite:")]);
    let present = planned(SERVER, &deployment).text;
    let wiki = "<application path=\"/\" applicationPool=\"DefaultAppPool\">";
    for (from, to, user) in [
        (wiki, "<application path=\"/\" applicationPool=\"Minimal\">", "the application \"Wiki\""),
        (
            "<siteDefaults>",
            "<applicationDefaults applicationPool=\"minimal\" /><siteDefaults>",
            "the applicationDefaults of all sites",
        ),
    ] {
        let text = with(&present, from, to);
        for (after, action) in [(removed(&text, &deployment), "remove"), (pruned(&text, &other), "prune")] {
            assert!(after.text.contains("<add name=\"minimal\""), "{action}: {}", after.text);
            assert!(
                !after.text.contains("; application pool \"minimal\""),
                "it is this deployment's no longer"
            );
            let step = after
                .steps
                .iter()
                .find(|step| (step.noun, step.name.as_str()) == ("application pool", "minimal"));
            let step = step.expect("the pool is spoken of");
            assert!(step.action == Action::Change && step.details[0].contains(user), "{step:?}");
        }
        // There was nothing else to delete, so no confirmation was needed.
        assert!(
            !plan(&text, &other, Strangers::Refuse)
                .expect("it is planned")
                .text
                .contains("; application pool \"minimal\"")
        );
    }
    assert!(!removed(&present, &deployment).text.contains("minimal"), "alone it goes");
}

#[test]
fn two_deployments_do_not_share_a_pool() {
    let spec = |name: &str| {
        let spec = spec_of("minimal")
            .replace("name: minimal", &format!("name: {name}"))
            .replace(r"inetpub\kallithea", &format!(r"inetpub\{name}"));
        let (before, _) = spec.split_once("site:").expect("a site");
        let site = "site:\n  name: Default Web Site\n  existing: true\n";
        deployment(&format!(
            "{before}{site}virtualDirectory:\n  path: /{name}\napplicationPool:\n  name: DefaultAppPool\n  existing: true\n"
        ))
    };
    let (first, second) = (spec("one"), spec("two"));
    let applied = planned(SERVER, &first).text;
    let unmarked: String =
        applied.split_inclusive('\n').filter(|line| !line.contains("kallithea-iisc: ")).collect();
    for text in [&applied, &former(&applied), &unmarked] {
        let found = refused(text, plan(text, &second, EVERYTHING));
        assert_eq!(found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(), ["KI415"], "{found:?}");
        let (_, tag, message) = &found[0];
        assert!(
            tag.starts_with("<application path=\"/one\"") && message.contains("\"Default Web Site/one\""),
            "{message}"
        );
    }
    // If both already exist, each is reported.
    let both = applied.replace("applicationPool=\"DefaultAppPool\"", "applicationPool=\"Shared 32-bit\"");
    let both = planned(&both, &second).text.replace("Shared 32-bit", "DefaultAppPool");
    assert_eq!(refused(&both, plan(&both, &first, Strangers::Refuse))[0].0, "KI415");
    // An application that is not a bridge may already exist.
    assert!(!planned(&applied, &first).changes());
}

#[test]
fn an_address_without_an_ip_is_that_of_all() {
    let deployment = deployment_of("minimal");
    for address in [
        ":80:kallithea.corp.example.com",
        "*:80:Kallithea.Corp.example.com",
        ":80:KALLITHEA.corp.example.com",
    ] {
        let text = with(SERVER, "*:80:wiki.corp.example.com", address);
        let found = refused(&text, plan(&text, &deployment, Strangers::Refuse));
        assert_eq!(
            found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(),
            ["KI403"],
            "{address}: {found:?}"
        );
    }
    // In the deployment's own site, this is not a second binding.
    let applied = planned(SERVER, &deployment).text;
    let rewritten = with(&applied, "*:80:kallithea.", ":80:kallithea.");
    assert!(!planned(&rewritten, &deployment).changes(), "{:?}", planned(&rewritten, &deployment).steps);
}
