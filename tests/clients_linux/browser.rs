//! Chromium: signs on, browses a repository and downloads an archive of it.

use crate::ROOT;
use crate::kallithea::parallel::query;
use crate::kallithea::run;
use crate::served::{PASSWORD, end, folder, serve_with_passwords};

#[test]
fn chromium_signs_on_browses_and_downloads() {
    let scenario = ROOT.scenario();
    query(&scenario, "update repositories set downloads = 1");
    let server = serve_with_passwords(&scenario, [r"CORP\carol"]);
    let folder = folder("browser");
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients_linux/browser.py"));
    python.args([&server.url, r"CORP\carol", PASSWORD]).arg(&folder);
    let said = run(&mut python);
    assert!(said.ends_with("all seen\n"), "{said}");
    end(server, &scenario);
}
