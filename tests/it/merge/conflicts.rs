//! Every reason against a deployment, found before anything is written, with its place in the file.

use kallithea_iisc::merge::{Strangers, plan};

use super::{SERVER, deployment, deployment_of, planned, reasons, said, spec_of};

fn with(from: &str, to: &str) -> String {
    assert!(SERVER.contains(from), "{from:?} is not in the server");
    SERVER.replacen(from, to, 1)
}

fn assert_one(text: &str, example: &str, code: &str, place: &str) {
    let found = reasons(text, &deployment_of(example));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, code);
    assert!(found[0].1.contains(place), "{:?} is not at {place:?}", found[0].1);
}

#[test]
fn a_malformed_file_is_refused_at_its_fault() {
    let text = with("<section name=\"handlers\"", "<section name=\"handlers");
    let found = reasons(&text, &deployment_of("minimal"));
    assert_eq!((found.len(), found[0].0), (1, "KI401"));
    assert_eq!(reasons("", &deployment_of("minimal"))[0].0, "KI401");
    assert_eq!(reasons("<configuration>", &deployment_of("minimal"))[0].0, "KI401");
}

#[test]
fn names_of_others_are_not_taken() {
    let pool = with("<add name=\"DefaultAppPool\" />", "<add name=\"MINIMAL\" />");
    assert_one(&pool, "minimal", "KI402", "<add name=\"MINIMAL\" />");
    let below = with(
        "<application path=\"/\">",
        "<application path=\"/Kallithea\"></application><application path=\"/\">",
    );
    assert_one(&below, "subfolder-x86", "KI402", "<application path=\"/Kallithea\">");
    let applied = planned(SERVER, &deployment_of("minimal")).text;
    let other = deployment(&spec_of("minimal").replace("name: minimal", "name: another"));
    let found = reasons(&applied, &other);
    // The pool has the deployment's name; the site, the restriction and the location belong to the other deployment.
    let [(code, place)] = found.as_slice() else { panic!("one clash is one error: {found:#?}") };
    assert_eq!(*code, "KI402");
    assert!(place.starts_with("<site name=\"Kallithea\""), "{place}");
    let reason = &plan(&applied, &other, Strangers::Refuse).expect_err("it is taken")[0];
    for part in
        ["\"minimal\"", "the site \"Kallithea\"", "the ISAPI restriction", "the location \"Kallithea\""]
    {
        assert!(reason.message.contains(part), "{part} is not in {}", reason.message);
    }
    let related: Vec<&str> = reason.related.iter().map(|(place, _)| &applied[place.clone()]).collect();
    assert!(related[0].starts_with("<add path=") && related[1].starts_with("<location path="), "{related:?}");
    // The pool of the other deployment, and that it runs there, are one clash as well.
    let spec =
        spec_of("minimal").replace("name: Kallithea", "name: Other").replace("kallithea.corp", "other.corp");
    let pool = deployment(&spec.replace("name: minimal", "name: third\napplicationPool:\n  name: minimal"));
    let found = reasons(&applied, &pool);
    assert!(found.iter().all(|(code, _)| *code == "KI402"), "{found:#?}");
}

#[test]
fn a_site_of_somebody_elses_is_one_error() {
    let text = with("name=\"Wiki\" id=\"7\"", "name=\"Kallithea\" id=\"7\"");
    assert_one(&text, "minimal", "KI402", "<site name=\"Kallithea\"");
}

#[test]
fn a_binding_of_another_site_is_not_taken() {
    let text = with("*:80:wiki.corp.example.com", "*:80:KALLITHEA.corp.example.com");
    assert_one(&text, "minimal", "KI403", "bindingInformation=\"*:80:KALLITHEA.corp.example.com\"");
}

#[test]
fn numbers_of_sites_are_their_own() {
    let id = deployment_of("minimal").site.id;
    let text = with("name=\"Wiki\" id=\"7\"", &format!("name=\"Wiki\" id=\"{id}\""));
    assert_one(&text, "minimal", "KI404", "name=\"Wiki\"");
    let text = with("name=\"Default Web Site\" id=\"1\"", "name=\"Default Web Site\" id=\"2\"");
    assert_one(&text, "subfolder-x86", "KI404", "id=\"2\"");
}

#[test]
fn what_is_said_to_be_there_has_to_be() {
    let text = with("name=\"Shared 32-bit\"", "name=\"Shared 64-bit\"");
    assert_one(&text, "subfolder-x86", "KI405", "<applicationPools>");
    let text = with("name=\"Default Web Site\"", "name=\"Intranet\"");
    let found =
        plan(&text, &deployment_of("subfolder-x86"), Strangers::Refuse).expect_err("there is no site");
    assert!(found.iter().any(|reason| said(&text, reason).0 == "KI406"), "{found:?}");
    assert!(
        found
            .iter()
            .any(|reason| reason.help.as_deref()
                == Some("use one of the sites on this server: Intranet, Wiki")),
        "{found:?}"
    );
}

#[test]
fn a_file_of_another_kind_takes_nothing() {
    let web = "<configuration>\n    <system.webServer />\n</configuration>\n";
    assert_eq!(reasons(web, &deployment_of("minimal")), [("KI412", "<configuration>".to_owned())]);
    assert_eq!(reasons("<configuration />", &deployment_of("subfolder-x86"))[0].0, "KI412");
}

#[test]
fn a_location_of_the_same_path_keeps_its_sections() {
    let theirs = "<location path=\"kallithea\"><system.webServer><handlers accessPolicy=\"Read\" \
        /></system.webServer></location>";
    let text = with("    <location path=\"Wiki\">", &format!("    {theirs}\n    <location path=\"Wiki\">"));
    assert_one(&text, "minimal", "KI407", "<handlers accessPolicy=\"Read\" />");
    // A location that decides something else does not conflict: IIS accepts several locations of one path.
    let other = text.replace("<handlers accessPolicy=\"Read\" />", "<defaultDocument enabled=\"false\" />");
    let applied = planned(&other, &deployment_of("minimal"));
    assert_eq!(applied.text.matches("path=\"Kallithea\"").count(), 1);
}

#[test]
fn role_services_that_are_missing_are_named_with_the_command() {
    for (module, feature) in [
        ("IsapiModule", "Web-ISAPI-Ext"),
        ("WindowsAuthenticationModule", "Web-Windows-Auth"),
        ("BasicAuthenticationModule", "Web-Basic-Auth"),
        ("ApplicationInitializationModule", "Web-AppInit"),
        ("FailedRequestsTracingModule", "Web-Http-Tracing"),
    ] {
        let text = with(&format!("<add name=\"{module}\""), "<add name=\"Other\"");
        let found =
            plan(&text, &deployment_of("intranet-sso"), Strangers::Refuse).expect_err("it is missing");
        assert_eq!((found.len(), found[0].code.id()), (1, "KI408"));
        let help = found[0].help.as_deref().expect("help");
        assert!(help.contains(&format!("Install-WindowsFeature {feature};")), "{help}");
    }
    let text = with("<add name=\"BasicAuthenticationModule\"", "<add name=\"Other\"");
    assert!(
        reasons(&text, &deployment_of("minimal")).is_empty(),
        "who asks for no passwords needs no module for them"
    );
}

#[test]
fn locks_that_differ_from_the_spec_are_found() {
    let open = "<section name=\"requestFiltering\" overrideModeDefault=\"Allow\" />";
    assert_one(&with(open, &open.replace("Allow", "Deny")), "minimal", "KI409", "requestFiltering");
    let around = "<location path=\"\" overrideMode=\"Deny\"><system.webServer><httpErrors \
        /></system.webServer></location>";
    let text = with("    <location path=\"Wiki\">", &format!("{around}\n    <location path=\"Wiki\">"));
    assert_one(&text, "minimal", "KI409", "<httpErrors />");
    let shut = "<section name=\"handlers\" overrideModeDefault=\"Deny\" />";
    let plan = planned(&with(shut, &shut.replace("Deny", "Allow")), &deployment_of("minimal"));
    let warned: Vec<_> = plan.warnings.iter().map(|warning| warning.code.id()).collect();
    assert_eq!(warned, ["KI410"]);
}

#[test]
fn a_folder_that_others_serve_is_not_taken() {
    let spec = spec_of("minimal");
    for folder in ["C:\\inetpub\\wwwroot", "c:\\Inetpub\\WWWRoot", "D:\\wiki", "D:\\theirs"] {
        let server = SERVER.replacen(
            "physicalPath=\"D:\\wiki\" />",
            "physicalPath=\"D:\\wiki\" /><virtualDirectory path=\"/x\" physicalPath=\"d:/theirs/\" />",
            1,
        );
        let spec =
            spec.replacen("site:\n", &format!("virtualDirectory:\n  physicalPath: {folder}\n\nsite:\n"), 1);
        let found = reasons(&server, &deployment(&spec));
        assert_eq!(found.len(), 1, "{folder}: {found:?}");
        assert_eq!(found[0].0, "KI402", "{folder}");
        assert!(found[0].1.starts_with("<virtualDirectory "), "{folder}: {found:?}");
        // A user who has said that all of it belongs to the deployment is believed.
        assert!(plan(&server, &deployment(&spec), Strangers::Adopt).is_ok(), "{folder}");
    }
    // What others do later with the deployment's folder is not a conflict.
    let planned = planned(SERVER, &deployment(&spec));
    let folder =
        planned.text.split("from \"").nth(1).and_then(|rest| rest.split('"').next()).expect("the home");
    let later = planned.text.replacen("physicalPath=\"D:\\wiki\"", &format!("physicalPath=\"{folder}\""), 1);
    assert_ne!(later, planned.text);
    assert!(plan(&later, &deployment(&spec), Strangers::Refuse).is_ok());
}

#[test]
fn what_others_serve_at_the_path_or_below_is_not_hidden_and_inherits_no_mapping() {
    let spec = spec_of("subfolder-x86");
    let deployment = deployment(&spec);
    let path = &deployment.application.path;
    let upper = path.to_uppercase();
    let site = format!("<site name=\"{}\"", deployment.site.name);
    let with = |inside: &str, end: &str| {
        let at = SERVER.find(&site).expect("the site");
        let end = at + SERVER[at..].find(end).expect("the end of its root");
        format!("{}{inside}{}", &SERVER[..end], &SERVER[end..])
    };
    let directory = |path: &str| {
        let directory = format!("<virtualDirectory path=\"{path}\" physicalPath=\"D:\\theirs\" />");
        with(&directory, "</application>")
    };
    let application = |path: &str| with(&format!("<application path=\"{path}\" />"), "<application ");
    let below = format!("{path}/docs");
    for server in [directory(path), directory(&upper), directory(&below), application(&below)] {
        let found = reasons(&server, &deployment);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "KI402", "{found:?}");
    }
    let beside = format!("{path}s");
    for server in [directory(&beside), application(&beside)] {
        assert!(reasons(&server, &deployment).is_empty());
        // Below an existing deployment, this was made by an administrator.
        let there = planned(&server, &deployment).text;
        let later = there.replace(&format!("\"{beside}\""), &format!("\"{below}\""));
        assert_ne!(there, later);
        assert!(reasons(&later, &deployment).is_empty(), "{later}");
    }
}

#[test]
fn a_site_or_an_application_of_others_is_not_adopted_whoever_says_so() {
    let wiki = spec_of("minimal").replace("name: Kallithea", "name: Wiki\n  id: 7");
    let codes = |text: &str, spec: &str| -> Vec<_> {
        let found = plan(text, &deployment(spec), Strangers::Adopt).expect_err("it is another's");
        found.iter().map(|reason| said(text, reason)).collect()
    };
    let found = codes(SERVER, &wiki);
    assert!(found.contains(&("KI402", "<site name=\"Wiki\" id=\"7\">".to_owned())), "{found:?}");
    let below = spec_of("subfolder-x86");
    let path = deployment(&below).application.path;
    let application = format!(
        "<application path=\"{path}\"><virtualDirectory path=\"/\" physicalPath=\"D:\\theirs\" /></application><bindings>"
    );
    let theirs = with("<bindings>", &application);
    let found = codes(&theirs, &below);
    assert!(
        found.iter().any(|(code, tag)| *code == "KI402" && tag.starts_with("<application ")),
        "{found:?}"
    );
    // An application that serves the deployment's folder is adopted.
    let own = theirs.replace("D:\\theirs", &deployment(&below).application.physical_path);
    assert!(plan(&own, &deployment(&below), Strangers::Adopt).is_ok());
}
