//! Quick fixes, which are the repairs of `check --fix`.

use serde_json::{Value, json};

use super::client::{Client, place_of};
use crate::support::SHORTEST;

const URI: &str = "file:///nowhere/deploy.yaml";

fn actions(client: &mut Client, place: (u32, u32), context: Value) -> Vec<Value> {
    let place = json!({ "line": place.0, "character": place.1 });
    let range = json!({ "start": place, "end": place });
    let asked = json!({ "textDocument": { "uri": URI }, "range": range, "context": context });
    let answer = client.ask("textDocument/codeAction", asked);
    answer["result"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone()
}

/// A text after a quick fix, made as an editor makes it. All of its characters are of one code unit.
fn after(text: &str, action: &Value) -> String {
    let edit = &action["edit"]["changes"][URI][0];
    let offset = |place: &Value| {
        let number = |key: &str| place[key].as_u64().expect("a number") as usize;
        text.split_inclusive('\n').take(number("line")).map(str::len).sum::<usize>() + number("character")
    };
    let (start, end) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
    [&text[..start], edit["newText"].as_str().expect("a text"), &text[end..]].concat()
}

#[test]
fn a_quick_fix_ends_the_finding_at_its_place() {
    let mut client = Client::ready();
    client.open(URI, SHORTEST);
    client.findings(URI);
    for (wrong, word, title, is_preferred) in [
        ("target:\n  architecture: X-64\n", "X-64", "Write `x64`", true),
        ("target:\n  architecture: amd64 # ours\n", "amd64", "Write `x64`", false),
        ("bridge:\n  thread: 8\n", "thread", "Write `threads`", false),
        ("bridge:\n  logFolder: \"C:\\log\"\n", "\\log", "Write `'C:\\log'`", true),
    ] {
        let wrong = format!("{SHORTEST}{wrong}");
        client.change(URI, 2, &wrong);
        let found = client.findings(URI);
        let actions_here = actions(&mut client, place_of(&wrong, word), json!({ "diagnostics": [] }));
        assert_eq!(actions_here.len(), 1, "{word}: {actions_here:#?} of {found:#?}");
        let action = &actions_here[0];
        assert_eq!((&action["title"], &action["isPreferred"]), (&json!(title), &json!(is_preferred)));
        assert_eq!((&action["kind"], &action["diagnostics"][0]), (&json!("quickfix"), &found[0]));
        let elsewhere = actions(&mut client, (0, 0), json!({ "diagnostics": [] }));
        assert_eq!(elsewhere, [] as [Value; 0]);
        let only = json!({ "diagnostics": [], "only": ["refactor"] });
        assert_eq!(actions(&mut client, place_of(&wrong, word), only), [] as [Value; 0]);
        client.change(URI, 3, &after(&wrong, action));
        let left = client.findings(URI);
        assert!(left.iter().all(|one| one["code"] != found[0]["code"]), "{word}: {left:#?}");
    }
    client.quit();
}
