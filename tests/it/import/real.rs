//! Every site of real files yields a readable spec that says what is missing in it.

use std::path::Path;

use iis_config::markup;

use super::{assert_announced, imported, refused};

#[test]
fn every_site_of_real_files_is_imported() {
    let folder = std::env::var_os("KALLITHEA_IISC_IIS_SAMPLES")
        .expect("KALLITHEA_IISC_IIS_SAMPLES must name a folder");
    let mut sites = 0;
    for entry in std::fs::read_dir(Path::new(&folder)).expect("the samples") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a sample");
        let text = text.trim_start_matches('\u{feff}');
        let Ok(document) = markup::parse(text) else {
            assert_eq!(refused(text, "WebSite1", "/")[0].code.id(), "KI401", "{}", path.display());
            continue;
        };
        let all = document.descend(document.root(), &["system.applicationHost", "sites"]);
        for site in all.into_iter().flat_map(|all| document.named(all, "site")) {
            for application in document.named(site, "application") {
                let (name, path_in_site) =
                    (site.value("name").expect("a name"), application.value("path").expect("a path"));
                let case = format!("{}: {name}{path_in_site}", path.display());
                let found = imported(text, None, name, path_in_site);
                assert_announced(&found, &case);
                sites += 1;
            }
        }
    }
    assert!(sites > 10, "{sites}");
}
