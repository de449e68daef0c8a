//! The real DLLs under Wine, with the official Windows Python and the real Kallithea.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::LazyLock;

use object::{Architecture, Object};
use serde_json::json;

use crate::kallithea::machine::Machine;
use crate::kallithea::{Deployment, Run, compile, parallel, scenarios};

scenarios::on_machine!(Machine::wine);

static WINDOWS_BELOW: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "matrix-below"));

crate::matrix::tests!(&ROOT, &WINDOWS_BELOW, &EXTRAS);

static ELSEWHERE: LazyLock<Deployment> = LazyLock::new(|| Deployment::of_bridge(&MACHINE, "elsewhere"));

/// The host stays alive, the client learns nothing about the server, and the log says what to do.
fn refused_readably(run: &Run, reason: &str) {
    let said = format!("{}\n{}\n{}", run.errors, run.report, run.log);
    assert!(run.code.is_some_and(|code| (0..=2).contains(&code)), "{said}");
    assert!(run.log.contains(reason), "{said}");
    assert!(!run.body(0).contains(r"C:\"), "{said}");
}

#[test]
fn a_python_that_is_missing_or_of_the_wrong_bitness() {
    let scenario = ELSEWHERE.scenario();
    let script = json!({"requests": [{"url": "/"}]});
    refused_readably(&scenario.run(&script), r"C:\deployed\elsewhere\Python");

    let home = ELSEWHERE.place("Python");
    fs::create_dir_all(&home).expect("a folder of the machine can be made");
    for library in ["python3.dll", "python313.dll"] {
        let bytes = fs::read(MACHINE.place("Python").join(library)).expect("the machine has a Python");
        fs::write(home.join(library), as_32_bit(bytes)).expect("a library can be written");
    }
    refused_readably(&scenario.run(&script), "32-bit");
    fs::remove_dir_all(home).expect("the folder can be removed");
}

/// A library whose header says 32-bit Windows.
fn as_32_bit(mut library: Vec<u8>) -> Vec<u8> {
    let place = u32::from_le_bytes(library[0x3c..0x40].try_into().expect("four bytes")) as usize;
    library[place + 4..place + 6].copy_from_slice(&0x014c_u16.to_le_bytes());
    library
}

/// Some pages of Kallithea, including one of a repository, the style sheet, and the line with the Python that runs them.
fn pages_of(deployment: &Deployment, python: &str) {
    let pages = ["/", "/calculator", "/calculator/files/tip/add.py", "/css/style.css"];
    let run = deployment.scenario().serve(json!(pages.map(|url| json!({"url": url}))));
    for (number, text) in ["calculator", "Add one and one", "print", ".navbar-inverse"].iter().enumerate() {
        run.expect(number, "200 OK", text);
    }
    assert!(run.log.contains(python), "{}", run.log);
}

#[test]
fn an_embeddable_python_3_9() {
    all_of_it(&Deployment::with_kallithea(&MACHINE, "embeddable-39"), r"runs from C:\Python39");
}

#[test]
fn an_embeddable_python_3_11() {
    all_of_it(&Deployment::with_kallithea(&MACHINE, "embeddable-311"), r"runs from C:\Python311");
}

/// The bridge loads this Python, a user signs on, sees a repository, and pushes to it.
fn all_of_it(deployment: &Deployment, python: &str) {
    let scenario = parallel::populated(deployment);
    let (_, hash, bundle) = parallel::changes(&scenario).swap_remove(0);
    let run = scenario.serve(json!([
        {"url": "/css/style.css"},
        {"url": "/"},
        parallel::by(0, json!({"url": "/", "headers": []})),
        parallel::push(&bundle, 0, 0),
        parallel::by(0, json!({"url": format!("/hg1/changeset/{hash}"), "headers": []})),
    ]));
    run.expect(0, "200 OK", ".navbar-inverse");
    run.expect(1, "200 OK", "hg1");
    assert_eq!((run.user(1), run.user(2)), (None, Some("user1")));
    run.expect(3, "200 Script output follows", "1\n");
    run.expect(4, "200 OK", &hash);
    assert!(run.log.contains(python), "{}", run.log);
}

#[test]
fn a_full_installation_without_a_virtual_environment() {
    let deployment = Deployment::with_kallithea(&MACHINE, "full");
    let (original, home) = (MACHINE.place("Python"), deployment.place("Python"));
    fs::create_dir_all(home.join("Lib")).expect("a folder of the machine can be made");
    for folder in ["", "Lib"] {
        for entry in fs::read_dir(original.join(folder)).expect("the machine has a Python") {
            let name = entry.expect("an entry").file_name();
            if name != "Lib" && name != "site-packages" {
                let link = home.join(folder).join(&name);
                symlink(original.join(folder).join(&name), link).expect("a link can be made");
            }
        }
    }
    let packages = MACHINE.place("inetpub/kallithea/venv/Lib/site-packages");
    symlink(packages, home.join("Lib/site-packages")).expect("a link can be made");
    pages_of(&deployment, r"runs from C:\deployed\full\Python");
}

#[test]
fn the_libraries_for_32_bit() {
    let bin = compile(&MACHINE, "x86").join("bin");
    let entry_points = ["GetExtensionVersion", "HttpExtensionProc", "TerminateExtension"];
    let libraries: Vec<_> = fs::read_dir(bin)
        .expect("there is bin")
        .map(|entry| entry.expect("bin can be read").path())
        .collect();
    assert_eq!(libraries.len(), 2, "{libraries:?}");
    for library in libraries {
        let bytes = fs::read(&library).expect("a library can be read");
        let file = object::File::parse(&*bytes).expect("a library is one");
        assert_eq!(file.architecture(), Architecture::I386, "{}", library.display());
        let exports: Vec<_> =
            file.exports().expect("it has exports").map(|one| name(&one.expect("an export"))).collect();
        assert!(entry_points.iter().all(|name| exports.iter().any(|found| found == name)), "{exports:?}");
        let imports: BTreeSet<_> = file
            .imports()
            .expect("it has imports")
            .map(|one| text(one.expect("an import").library()))
            .collect();
        let python = imports.iter().any(|name| name == "python3.dll");
        assert_eq!(python, !is_dispatch(&library), "{}: {imports:?}", library.display());
        assert!(!imports.iter().any(|name| name.starts_with("libgcc")), "{imports:?}");
    }
}

fn is_dispatch(library: &Path) -> bool {
    library.file_name().is_some_and(|name| name == "_dispatch.dll")
}

fn name(export: &object::Export<'_>) -> String {
    match export.name() {
        object::NameOrOrdinal::Name(name) => text(name),
        object::NameOrOrdinal::Ordinal(number) => format!("@{number}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
