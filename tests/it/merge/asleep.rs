//! What of a server keeps a deployment from working although nothing in it conflicts.

use kallithea_iisc::merge::{Strangers, plan};

use super::{SERVER, deployment_of, planned, reasons, said};

fn with(from: &str, to: &str) -> String {
    assert!(SERVER.contains(from), "{from:?} is not in the server");
    SERVER.replacen(from, to, 1)
}

/// The codes of a plan's warnings, and the text that each points at.
fn warned(text: &str, example: &str) -> Vec<(&'static str, String)> {
    planned(text, &deployment_of(example)).warnings.iter().map(|warning| said(text, warning)).collect()
}

#[test]
fn a_pool_that_does_not_start_is_a_warning() {
    const DEFAULTS: &str = "<applicationPoolDefaults ";
    let text = with(DEFAULTS, &format!("{DEFAULTS}autoStart=\"false\" "));
    assert_eq!(warned(&text, "minimal"), [("KI419", "autoStart=\"false\"".to_owned())]);
    assert_eq!(warned(&text, "subfolder-x86"), [("KI419", "autoStart=\"false\"".to_owned())]);
    let warning = &planned(&text, &deployment_of("minimal")).warnings[0];
    assert!(warning.message.contains("in applicationPoolDefaults"), "{}", warning.message);
    let help = warning.help.as_deref().expect("help");
    assert!(help.contains("appcmd set apppool \"minimal\" /autoStart:true"), "{help}");
    // What an administrator sets at the deployment's own pool stays, and counts.
    let applied = planned(&text, &deployment_of("minimal")).text;
    let own = applied.replacen("<add name=\"minimal\" ", "<add name=\"minimal\" autoStart=\"true\" ", 1);
    assert!(
        warned(&own, "minimal").iter().all(|(code, _)| *code != "KI419"),
        "{:?}",
        warned(&own, "minimal")
    );
    let shared = with("<add name=\"Shared 32-bit\" ", "<add name=\"Shared 32-bit\" autoStart=\"false\" ");
    assert_eq!(warned(&shared, "subfolder-x86").len(), 1);
    assert_eq!(warned(&shared, "minimal"), []);
}

#[test]
fn an_existing_site_that_does_not_start_is_a_warning() {
    let text = with("serverAutoStart=\"true\"", "serverAutoStart=\"false\"");
    assert_eq!(warned(&text, "subfolder-x86"), [("KI420", "serverAutoStart=\"false\"".to_owned())]);
    // A site of the deployment's own says that it starts.
    assert_eq!(warned(&text, "minimal"), []);
    let defaults = text.replace(" serverAutoStart=\"false\"", "");
    let defaults = defaults.replace("<siteDefaults>", "<siteDefaults serverAutoStart=\"false\">");
    assert_eq!(warned(&defaults, "subfolder-x86").len(), 1);
    assert_eq!(warned(&defaults, "minimal"), []);
}

#[test]
fn an_existing_pool_of_the_other_bitness_is_a_conflict() {
    const THIRTY_TWO: &str = " enable32BitAppOnWin64=\"true\"";
    let own = reasons(&with(THIRTY_TWO, " enable32BitAppOnWin64=\"false\""), &deployment_of("subfolder-x86"));
    assert_eq!(own, [("KI421", "enable32BitAppOnWin64=\"false\"".to_owned())]);
    let unsaid = with(THIRTY_TWO, "");
    assert_eq!(reasons(&unsaid, &deployment_of("subfolder-x86"))[0].0, "KI421");
    let defaults =
        unsaid.replace("<applicationPoolDefaults ", &format!("<applicationPoolDefaults{THIRTY_TWO} "));
    assert_eq!(reasons(&defaults, &deployment_of("subfolder-x86")), []);
    // The deployment's own pool says its bitness.
    assert_eq!(reasons(&defaults, &deployment_of("minimal")), []);
}

/// A message quotes the name of a pool, and not the type of its name.
#[test]
fn a_message_shows_names_as_they_are() {
    let none = with("name=\"Shared 32-bit\"", "name=\"Shared 64-bit\"");
    let other = with(" enable32BitAppOnWin64=\"true\"", "");
    for text in [none, other] {
        let found = plan(&text, &deployment_of("subfolder-x86"), Strangers::Refuse).expect_err("a conflict");
        assert!(
            found[0].message.starts_with("the application pool \"Shared 32-bit\""),
            "{}",
            found[0].message
        );
    }
}

#[test]
fn a_module_that_is_installed_and_not_enabled_is_a_conflict() {
    let modules = |names: &[&str]| {
        let all: String = names.iter().map(|name| format!("<add name=\"{name}\" />")).collect();
        with("</globalModules>", &format!("</globalModules><modules>{all}</modules>"))
    };
    let all = ["RequestFilteringModule", "IsapiModule", "WindowsAuthenticationModule"];
    assert_eq!(reasons(&modules(&all), &deployment_of("minimal")), []);
    for missing in all {
        let others: Vec<&str> = all.into_iter().filter(|name| *name != missing).collect();
        let text = modules(&others);
        let found = plan(&text, &deployment_of("minimal"), Strangers::Refuse).expect_err("a conflict");
        assert_eq!(
            (found.len(), said(&text, &found[0])),
            (1, ("KI422", "<modules>".to_owned())),
            "{missing}"
        );
        assert!(found[0].message.starts_with(missing), "{}", found[0].message);
    }
    // A location above the application can take a module away.
    let taken = modules(&all).replace(
        "</configuration>",
        "<location path=\"Kallithea\"><system.webServer><modules><remove name=\"IsapiModule\" /></modules>\
         </system.webServer></location></configuration>",
    );
    assert_eq!(reasons(&taken, &deployment_of("minimal"))[0].0, "KI422");
}

#[test]
fn a_section_that_is_locked_for_this_site_alone_is_a_conflict() {
    let locked = |attributes: &str| {
        let section = "<system.webServer><security><requestFiltering /></security></system.webServer>";
        with("</configuration>", &format!("<location {attributes}>{section}</location></configuration>"))
    };
    let text = locked("path=\"KALLITHEA\" overrideMode=\"Deny\"");
    let found = plan(&text, &deployment_of("minimal"), Strangers::Refuse).expect_err("a conflict");
    assert_eq!((found.len(), said(&text, &found[0])), (1, ("KI409", "<requestFiltering />".to_owned())));
    let help = found[0].help.as_deref().expect("help");
    assert!(help.contains("overrideMode of this <location path=\"KALLITHEA\">"), "{help}");
    // The lock of a site counts for the applications in it.
    let above = locked("path=\"Default Web Site\" allowOverride=\"false\"");
    assert_eq!(reasons(&above, &deployment_of("subfolder-x86"))[0].0, "KI409");
    for harmless in [
        "path=\"Wiki\" overrideMode=\"Deny\"",
        "path=\"Kallithea\" overrideMode=\"Inherit\"",
        "path=\"Kallithea2\" overrideMode=\"Deny\"",
    ] {
        assert_eq!(reasons(&locked(harmless), &deployment_of("minimal")), [], "{harmless}");
    }
}

#[test]
fn an_address_without_an_ip_is_that_of_all_ips() {
    let text = with("*:80:wiki.corp.example.com", ":80:kallithea.corp.example.com");
    let found = reasons(&text, &deployment_of("minimal"));
    assert_eq!((found.len(), found[0].0), (1, "KI403"), "{found:?}");
}
