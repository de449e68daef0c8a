//! `lint` on a large file of a server, and on one element with very many attributes.

use std::fs;
use std::path::Path;

use crate::measure::{Runs, measure, milliseconds, run};
use crate::{RUNS, variants};

/// The variable that names the folder with Microsoft's schema files, as for the tests.
const SCHEMAS: &str = "KALLITHEA_IISC_IIS_SCHEMAS";

/// How large the server's file is at least, in bytes.
const LARGE: usize = 700_000;

/// Prints a row for the large file, with the schema files if the variable names them, and the tables of `<location>`s and attributes.
pub fn show(folder: &Path, floor: &Runs) {
    let schemas = std::env::var_os(SCHEMAS).map(|folder| Path::new(&folder).join("10.0"));
    for (name, content) in
        [("lint, 700 KB", own_headers as Content), ("lint, 700 KB that inherit", replaced_types)]
    {
        let file = folder.join("large.config");
        fs::write(&file, large(content)).expect("the file");
        measure(RUNS, || run(&[Path::new("lint"), &file])).show(name, floor);
        if let Some(schemas) = &schemas {
            let arguments = [Path::new("lint"), Path::new("--schema-dir"), schemas, &file];
            measure(RUNS, || run(&arguments)).show(&format!("{name}, schemas"), floor);
        }
    }
    println!("\n{:<28} {:>9} {:>9} {:>7}", "<location>s of both files, ms", "500", "5,000", "ratio");
    let [few, many] = [500, 5000].map(|count| {
        let (host, web) = (folder.join("host.config"), folder.join("web.config"));
        fs::write(&host, locations(count, "Site/"))
            .and_then(|()| fs::write(&web, locations(count, "")))
            .expect("files");
        let names = ["--host-config".as_ref(), host.as_path(), "--site".as_ref(), "Site".as_ref()];
        milliseconds(measure(RUNS, || run(&[&[Path::new("lint"), &web], &names[..]].concat())).least())
    });
    println!("{:<28} {few:>9.2} {many:>9.2} {:>7.2}", "lint, 1.00 is linear", many / few / 10.0);
    println!("\n{:<28} {:>9} {:>9} {:>7}", "attributes of one element, ms", "20,000", "200,000", "ratio");
    let [few, many] = [20_000, 200_000].map(|count| {
        let file = folder.join("web.config");
        fs::write(&file, attributes(count)).expect("the file");
        milliseconds(measure(RUNS, || run(&[Path::new("lint"), Path::new("--format=json"), &file])).least())
    });
    println!("{:<28} {few:>9.2} {many:>9.2} {:>7.2}", "lint, 1.00 is linear", many / few / 10.0);
}

/// What a numbered `<location>` holds.
type Content = fn(usize) -> String;

/// A response header.
fn own_headers(number: usize) -> String {
    format!(
        "<httpProtocol><customHeaders><add name=\"X-Own\" value=\"{number}\" /></customHeaders></httpProtocol>"
    )
}

/// A MIME type in place of the server's, and a handler beside the server's: each key is compared with all that the server has.
fn replaced_types(number: usize) -> String {
    format!(
        "<staticContent><remove fileExtension=\".html\" /><mimeMap fileExtension=\".html\" mimeType=\"text/html\" />\
         </staticContent><handlers><add name=\"own{number}\" path=\"*.x\" verb=\"*\" modules=\"IsapiModule\" /></handlers>"
    )
}

/// A server's file with very many `<location>`s.
fn large(content: Content) -> String {
    let all = variants::variants(include_str!("../../tests/it/merge/server.config"));
    let (_, text) = all.into_iter().find(|(name, _)| *name == "many locations").expect("it is there");
    let (head, end) = text.rsplit_once("</configuration>").expect("an end");
    let mut large = head.to_owned();
    for number in 0.. {
        if large.len() >= LARGE {
            break;
        }
        let content = content(number);
        large += &format!(
            "<location path=\"Other {number}\">\n<system.webServer>\n{content}\n</system.webServer>\n</location>\n"
        );
    }
    format!("{large}</configuration>{end}")
}

/// A file with a `<location>` for each of many folders below `around`.
fn locations(count: usize, around: &str) -> String {
    let one = |number| {
        let content = own_headers(number);
        format!(
            "<location path=\"{around}folder{number}\">\n<system.webServer>\n{content}\n</system.webServer>\n</location>\n"
        )
    };
    format!("<configuration>\n{}</configuration>\n", (0..count).map(one).collect::<String>())
}

fn attributes(count: usize) -> String {
    let all: String = (0..count).map(|number| format!(" a{number}=\"{number}\"")).collect();
    format!("<configuration><system.webServer><httpErrors{all} /></system.webServer></configuration>")
}
