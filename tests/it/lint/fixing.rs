//! `lint --fix` corrects what is certain, and leaves every other byte; file names with `*`.

use super::{by_program, web};
use crate::support;
use crate::support::program;

/// Runs `lint --fix` over a file with these bytes: the exit code, what is said, and the bytes afterwards.
fn fix_bytes(name: &str, bytes: &[u8]) -> (i32, String, Vec<u8>) {
    let (_folder, file) = support::file_alone(name, bytes);
    let output = program::run(&["lint", "--fix", support::text(&file)]);
    (program::code(&output), program::error(&output), std::fs::read(&file).expect("the file"))
}

fn fix(text: &str) -> (i32, String, String) {
    let (code, said, bytes) = fix_bytes("web.config", text.as_bytes());
    (code, said, String::from_utf8(bytes).expect("UTF-8"))
}

#[test]
fn what_is_certain_is_corrected_and_said() {
    for (wrong, right, words) in [
        (
            "<httpErrors ExistingResponse=\"Auto\" />",
            "<httpErrors existingResponse=\"Auto\" />",
            ":2: wrote `existingResponse` for `ExistingResponse`",
        ),
        ("<HttpErrors></HttpErrors>", "<httpErrors></httpErrors>", "wrote `httpErrors` for `HttpErrors`"),
        (
            "<httpProtocol><CustomHeaders><Add Name=\"a\" value=\"b\" /></CustomHeaders></httpProtocol>",
            "<httpProtocol><customHeaders><add name=\"a\" value=\"b\" /></customHeaders></httpProtocol>",
            "wrote `add` for `Add`",
        ),
        (
            "<defaultDocument><files><add value=\"a\" /><Add value=\"b\" /></files></defaultDocument>",
            "<defaultDocument><files><add value=\"a\" /><add value=\"b\" /></files></defaultDocument>",
            "wrote `add` for `Add`",
        ),
        (
            "<httpErrors><error statusCode=\"404\" path=\"/e?a=1&b=2\" /></httpErrors>",
            "<httpErrors><error statusCode=\"404\" path=\"/e?a=1&amp;b=2\" /></httpErrors>",
            ":2: wrote `&amp;` for `&`",
        ),
        (
            "<httpProtocol><customHeaders>\n<add name=\"a\" value=\"b\" />\n  <add value=\"b\" name=\"a\"/>\n</customHeaders></httpProtocol>",
            "<httpProtocol><customHeaders>\n<add name=\"a\" value=\"b\" />\n</customHeaders></httpProtocol>",
            ":4: deleted the entry `a`, which is the same as the one in line 3",
        ),
        (
            "<httpErrors><!-- a & b --><Error statusCode=\"404\" path=\"/a&b\" /></httpErrors>",
            "<httpErrors><!-- a & b --><error statusCode=\"404\" path=\"/a&amp;b\" /></httpErrors>",
            "wrote `error` for `Error`",
        ),
    ] {
        let (code, said, text) = fix(&web(wrong));
        assert_eq!((code, text.as_str()), (0, web(right).as_str()), "{said}");
        assert!(said.contains(words) && said.contains("the old file is"), "{said}");
    }
    let (code, said, text) =
        fix("<configuration><system.webserver><HttpErrors /></system.webserver></configuration>");
    assert_eq!(
        (code, text.as_str()),
        (0, "<configuration><system.webServer><httpErrors /></system.webServer></configuration>"),
        "{said}"
    );
}

#[test]
fn what_is_not_certain_stays() {
    let header = |second: &str| {
        format!(
            "<httpProtocol><customHeaders><add name=\"a\" value=\"b\" />{second}</customHeaders></httpProtocol>"
        )
    };
    for text in [
        web("<httpErrors existingRespons=\"Auto\" />"),
        web("<httpErrors existingResponse=\"Auto\" ExistingResponse=\"Replace\" />"),
        web("<httpErrors /><HttpErrors />"),
        web("<httpErrors existingResponse=\"auto-matic\" />"),
        web(&header("<add name=\"A\" value=\"c\" />")),
        web(&header("<add name=\"A\" value=\"b\" />")),
        web("<httpErrors><error statusCode=\"404\" path=\"a&nbsp;b\" /></httpErrors>"),
        web("<httpErrors>").replace("</configuration>", ""),
    ] {
        let (code, said, after) = fix(&text);
        assert_eq!((code, &after), (1, &text), "{said}");
        assert!(!said.contains("wrote") && !said.contains("deleted"), "{said}");
    }
    let (code, _, after) = fix(&web("<httpErrors />"));
    assert_eq!((code, after), (0, web("<httpErrors />")));
    let transformation =
        "<configuration xmlns:xdt=\"http://schemas.microsoft.com/XML-Document-Transform\" A=\"&\" />";
    assert_eq!(fix(transformation).2, transformation);
}

/// Byte-order mark, encoding and line ends stay, and the old file is beside the new one.
#[test]
fn a_fix_leaves_every_other_byte() {
    let text = "<?xml version=\"1.0\" encoding=\"ENCODING\"?>\r\n<configuration>\r\n\t<system.webServer>\r\n\t\t<httpErrors \
        Detail='Ä' ExistingResponse='Auto'/>\r\n\t</system.webServer>\r\n</configuration>\r\n\r\n";
    let right = text.replace("ExistingResponse", "existingResponse");
    let utf8 = |text: &str| [b"\xef\xbb\xbf", text.replace("ENCODING", "utf-8").as_bytes()].concat();
    assert_eq!(fix_bytes("web.config", &utf8(text)).2, utf8(&right));
    let utf16 = |text: &str| {
        let text = text.replace("ENCODING", "utf-16");
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    assert_eq!(fix_bytes("web.config", &utf16(text)).2, utf16(&right));
    let (folder, file) = support::file_alone("web.config", utf8(text));
    program::run(&["lint", "--fix", support::text(&file)]);
    let others =
        support::files_below(folder.path()).into_values().filter(|bytes| *bytes == utf8(text)).count();
    assert_eq!(others, 1, "the backup");
}

/// Windows' shells leave `*` to the program.
#[test]
fn names_may_contain_an_asterisk() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, inner) in
        [("a.web.config", "<httpErrors />"), ("b.web.config", "<httpErrors b=\"\" />"), ("c.txt", "")]
    {
        std::fs::write(folder.path().join(name), web(inner)).expect("a file");
    }
    let run = |command: &str, pattern: &str| {
        let output = program::run_in(folder.path(), &[command, pattern]);
        (program::code(&output), program::error(&output))
    };
    let (code, said) = run("lint", "*.web.config");
    assert!(
        code == 1 && said.contains("b.web.config:2") && said.contains("a.web.config: nothing found"),
        "{said}"
    );
    assert_eq!(run("lint", "a.?eb.*").0, 0);
    let (code, said) = run("lint", "*.none");
    assert!(code == 2 && said.contains("no file has such a name"), "{said}");
    for example in ["one", "two"] {
        std::fs::write(folder.path().join(format!("{example}.yaml")), "name: [").expect("a spec");
    }
    let (code, said) = run("check", "*.yaml");
    assert!(code == 1 && said.contains("one.yaml:") && said.contains("two.yaml:"), "{said}");
    assert_eq!(run("check", "*.yml").0, 2);
}

/// The two places of a long file are shown, and not what is between.
#[test]
fn both_places_of_a_long_file_are_shown() {
    let entry = |number| format!("<add name=\"n{number}\" value=\"v\" />\n");
    let all: String = (0..2000).map(entry).chain([entry(7)]).collect();
    let (code, shown, _) = by_program(
        &[],
        &web(&format!("<httpProtocol><customHeaders>\n{all}</customHeaders></httpProtocol>")),
    );
    assert_eq!(code, 1);
    assert!(shown.contains("web.config:2003:1") && shown.contains("10 | <add name=\"n7\""), "{shown}");
    assert!(
        shown.contains("the first is here") && !shown.contains("n1000") && shown.lines().count() < 15,
        "{shown}"
    );
}

/// A file that cannot be written is named, and the others are corrected and checked.
#[test]
fn a_file_that_cannot_be_written_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = web("<HttpErrors />");
    let [first, second] = ["a", "b"].map(|name| folder.path().join(name).join("web.config"));
    for file in [&first, &second] {
        std::fs::create_dir(file.parent().expect("its folder")).expect("a folder");
        std::fs::write(file, &wrong).expect("a file");
    }
    let mut rights = std::fs::metadata(&first).expect("it").permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&first, rights).expect("read-only");
    let output = program::run(&["lint", "--fix", support::text(folder.path())]);
    let said = program::error(&output);
    assert_eq!(program::code(&output), 2, "{said}");
    assert!(said.contains("a/web.config: ") && said.contains("it is read-only"), "{said}");
    assert_eq!(std::fs::read_to_string(&first).expect("a file"), wrong);
    assert_eq!(std::fs::read_to_string(&second).expect("a file"), web("<httpErrors />"), "{said}");
    let output = program::run(&["lint", "--fix", "--format", "json", support::text(folder.path())]);
    let results = &program::answer(&output)["results"];
    assert!(results[0]["trouble"].as_str().is_some_and(|why| why.contains("it is read-only")), "{results:#}");
    assert!(results[1].get("trouble").is_none(), "{results:#}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let [large, other] = ["a", "b"].map(|name| folder.path().join(name).join("web.config"));
    for file in [&large, &other] {
        std::fs::create_dir(file.parent().expect("its folder")).expect("a folder");
        std::fs::write(file, web("<HttpErrors />")).expect("a file");
    }
    let longest = 64 << 20;
    let file = std::fs::OpenOptions::new().write(true).open(&large).expect("the file");
    file.set_len(longest + 1).expect("more than is read");
    let output = program::run(&["lint", "--format", "json", support::text(folder.path())]);
    let results = program::answer(&output)["results"].clone();
    assert_eq!((program::code(&output), results.as_array().map(Vec::len)), (2, Some(2)), "{results:#}");
    assert_eq!(results[0]["problems"][0]["fix"]["certainty"], "certain", "{results:#}");
    assert!(results[1]["file"].as_str().is_some_and(|file| file.contains("a/web.config")), "{results:#}");
    assert!(results[1]["trouble"].is_string(), "{results:#}");
}
