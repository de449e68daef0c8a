//! Every route of the real Kallithea, filled with names that IIS would refuse by default, reaches the bridge.

use crate::kallithea::machine::Machine;
use crate::support;
#[allow(dead_code, reason = "no test file uses all of it")]
use kallithea_iisc::emit::emit;
use kallithea_iisc::route::{Files, Outcome, Request, compiled_host, route};

/// Kallithea's routing table (`controllers/routing.py`), each route as a list of `=text` and `:name of a part`.
const LIST: &str = r#"
from kallithea.controllers.routing import make_map
table = make_map({'paths': {'controllers': '.'}, 'debug': False, 'base_path': '.'})
for route in table.matchlist:
    parts = [':' + part['name'] if isinstance(part, dict) else '=' + part for part in route.routelist]
    print('\t'.join(parts))
"#;

/// Possible names for a part of a URL, encoded as clients send them, and decoded.
const NAMES: [(&str, &str); 9] = [
    ("repository", "repository"),
    ("c++", "c++"),
    ("c%2B%2B", "c++"),
    ("two%20words", "two words"),
    ("v1.2..old", "v1.2..old"),
    ("J%C3%B6rg", "Jörg"),
    ("bin/web.config", "bin/web.config"),
    ("100%25", "100%"),
    ("App_Data/x.cs", "App_Data/x.cs"),
];

fn routes() -> Vec<String> {
    let mut python = Machine::linux().python();
    let output = python.args(["-c", LIST]).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(ToOwned::to_owned).collect()
}

/// A route's path with this name for every part: as it is sent, and as PATH_INFO has it.
fn filled(route: &str, (sent, decoded): (&str, &str)) -> (String, String) {
    let fill = |name: &str| -> String {
        let part = |part: &str| match (part.strip_prefix('='), part) {
            (Some(text), _) => text.to_owned(),
            (None, ":id" | ":gist_id" | ":pull_request_id" | ":comment_id") => "7".to_owned(),
            (None, _) => name.to_owned(),
        };
        let path: String = route.split('\t').map(part).collect();
        if path.starts_with('/') { path } else { format!("/{path}") }
    };
    (fill(sent), fill(decoded))
}

#[test]
fn every_route_of_kallithea_reaches_the_bridge() {
    let routes = routes();
    assert!(routes.len() > 150, "{} routes", routes.len());
    let mut sent = 0;
    for (name, base, below) in support::BASES {
        let deployment = support::deployment_of(name);
        let tree = emit(&deployment);
        let (host, web) = (compiled_host(&deployment), tree.get("web.config").expect("a web.config"));
        for (path, path_info) in
            routes.iter().flat_map(|route| NAMES.into_iter().map(|name| filled(route, name)))
        {
            let request = Request::new(&format!("{base}{below}{path}"), "GET", Vec::new()).expect("a URL");
            let outcome = route_of(&host, web, &deployment, &request);
            let Outcome::Bridge { script_name, path_info: found, .. } = &outcome else {
                panic!("{name}: {path}: {outcome:?}")
            };
            assert_eq!((script_name.as_str(), found.as_str()), (below, path_info.as_str()), "{name}: {path}");
            sent += 1;
        }
    }
    println!("{} routes, {sent} URLs", routes.len());
}

fn route_of(
    host: &str,
    web: &str,
    deployment: &kallithea_iisc::model::Deployment,
    request: &Request,
) -> Outcome {
    route(Files { host, above: &[], web, is_web_utf16: false }, deployment, request).expect("XML").outcome
}
