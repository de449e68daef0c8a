//! Whatever the author writes, and whatever the file is called: what `check` accepts is text in every output. It is never a
//! separate line, element, key, token or command. What cannot be text is refused by `check`, with its place.
//!
//! Each text of a spec is made hostile, in its middle and at its end. The outputs are compared with those of the same spec
//! with a harmless letter there.

#[allow(dead_code, reason = "other tests look at more of a script")]
use std::fs;
use std::path::Path;

use iis_config::markup;
use kallithea_iisc::characters::is_hidden;
use kallithea_iisc::check::{Checked, Opened, check_file};
use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::emit::{emit, refused_by_iis};
use kallithea_iisc::lower::lower;
use kallithea_iisc::source::Source;
use kallithea_iisc::tree::Tree;
use powershell::Script;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::scripts::powershell;
use crate::support;

/// What ends a comment, a literal, a line or an element somewhere, and characters that are invisible.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "\"\"",
    "`",
    "```",
    "\u{2018}",
    "\u{2019}",
    "\u{201d}",
    "$(x)",
    "$x",
    "${x}",
    "%x%",
    "%(here)s",
    "%%",
    "{{ x }}",
    "{% x %}",
    "{# x #}",
    "-->",
    "--",
    "-",
    "<!--",
    "]]>",
    "<b>",
    "&",
    "&amp;",
    "*/",
    "/*",
    "#",
    " # x",
    ";",
    " ; x",
    "= x",
    ": x",
    "\\",
    "\\\\",
    "\\n",
    "\\u{41}",
    "r#\"",
    "\"#",
    "'@",
    "@'",
    "#>",
    "<#",
    "|",
    "~~~",
    "[x](y)",
    "](",
    "*",
    "?",
    ",",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\u{1b}[2J",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{200e}",
    "\u{200b}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fdd0}",
    "\u{1fffe}",
    "\u{ad}",
    "é",
    "𝒦",
    "\u{d7ff}",
    " ",
    ".",
    "x\u{301}",
];

/// Specs with every key whose text the author chooses.
fn specs() -> Vec<String> {
    let places = "apiVersion: kallithea-iisc/v1\nextends: ../base/kallithea.yaml\nrequiresVersion: \">=0.1\"\nname: t\n\
        kallithea:\n  distribution: C:\\kallithea\n  ini: C:\\settings\\my.ini\n  repositories: \
        D:\\repositories\n\
        python:\n  home: C:\\Python313\n  version: \"3.13\"\n  virtualEnvironment: C:\\kallithea\\venv\n\
        bridge:\n  directory: C:\\bridge\n  git: C:\\Git\\cmd\\git.exe\n  log:\n    file: C:\\logs\\bridge.log\n  environmentVariables:\n    A: b\n";
    let windows = "site:\n  name: Kallithea\n  physicalPath: C:\\root\n  bindings:\n    - protocol: https\n      hostName: a.example.com\n      \
        certificate:\n        thumbprint: 5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304\n        store: My\n\
        virtualDirectory:\n  path: /kallithea\n  physicalPath: C:\\served\n\
        applicationPool:\n  name: Pool\n  environmentVariables:\n    B: c\n  identity:\n    type: \
        SpecificUser\n    userName: CORP\\svc\n\
        authentication:\n  basicAuthentication:\n    enabled: true\n    realm: realm\n    defaultLogonDomain: CORP\n\
        failedRequestTracing:\n  statusCodes: \"400\"\n  directory: C:\\traces\n";
    let ldap = "site:\n  name: Existing site\n  id: 2\n  existing: true\nvirtualDirectory:\n  path: \
        /kallithea\n\
        tls:\n  required: true\n\
        authentication:\n  mode: ldap\n  ldap:\n    host: dc.example.com\n    baseDn: dc=example\n    filter: (a=b)\n    bindAccount: cn=a\n    \
        caCertificates: C:\\certificates\n    loginAttribute: login\n    firstNameAttribute: first\n    lastNameAttribute: last\n    \
        emailAttribute: mail\n";
    let farm = support::spec_of("farm") + "  healthCheck:\n    expect: fine\n    path: /health\n";
    vec![format!("{places}{windows}"), format!("{places}{ldap}"), farm]
}

/// Collects the keys of a part of the schema whose value is any text, whatever its form.
fn free_texts(part: &Value, found: &mut Vec<String>) {
    let properties = part.get("properties").and_then(Value::as_object);
    for (key, value) in properties.into_iter().flatten() {
        let is_text = value["type"] == "string" || value["type"][0] == "string";
        if is_text && ["enum", "const", "pattern"].iter().all(|rule| value.get(rule).is_none()) {
            found.push(key.clone());
        }
        free_texts(value, found);
    }
    for within in ["items", "additionalProperties"].iter().filter_map(|name| part.get(name)) {
        free_texts(within, found);
    }
    let choices = ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| part[name].as_array());
    choices.flatten().for_each(|choice| free_texts(choice, found));
}

#[test]
fn the_hostile_texts_are_tried_in_every_key_that_takes_any_text() {
    let mut keys = Vec::new();
    free_texts(&kallithea_iisc::schema::schema(), &mut keys);
    assert!(keys.len() > 20, "{keys:?}");
    let tried = specs().concat();
    keys.retain(|key| !tried.contains(&format!("{key}:")));
    assert!(keys.is_empty(), "add these to specs() in this file: {keys:?}");
}

/// Checks a spec on a disk that has a base at every path.
fn check(name: &str, spec: &str) -> (Source, Checked) {
    let opened = |path: &Path, text: &str| Opened { real: path.to_owned(), bytes: text.as_bytes().to_vec() };
    let open = |path: &Path| Ok(opened(path, "bridge:\n  preload: false\n"));
    check_file(name, opened(Path::new(name), spec), &open)
}

/// What a spec compiles to, or the codes of its faults.
fn compile(name: &str, spec: &str) -> Result<Tree, Vec<Code>> {
    let (source, checked) = check(name, spec);
    let Some(spec) = checked.spec else {
        assert!(!checked.diagnostics.is_empty(), "refused without a word: {name:?}");
        for found in &checked.diagnostics {
            assert!(found.help.is_some() && found.span.start <= source.text.len(), "{found:?}");
        }
        return Err(checked.diagnostics.into_iter().map(|found| found.code).collect());
    };
    let deployment = lower(&spec, &source);
    let tree = emit(&deployment);
    assert_eq!(refused_by_iis(&deployment, &tree), Vec::<String>::new(), "{name:?}\n{}", source.text);
    Ok(tree)
}

/// The shape of an output: what it has of its language, without the texts.
fn shape(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut shape = vec![format!("{} lines", text.lines().count())];
    match name.rsplit('.').next().unwrap_or(name) {
        "config" => {
            let document = markup::parse(text).unwrap_or_else(|flaw| panic!("{path}: {flaw:?}\n{text}"));
            shape.push(format!("{} comments", document.comments.len()));
            shape.extend(document.elements.iter().map(|element| {
                let names: Vec<_> = element.attributes.iter().map(|attribute| attribute.name).collect();
                format!("{} {names:?} in {:?}", element.name, element.parent)
            }));
        }
        "json" => keys(
            &serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}")),
            &mut shape,
        ),
        "ini" => {
            let mut ini = configparser::ini::Ini::new_cs();
            let sections =
                ini.read(text.to_owned()).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
            let keys = sections
                .iter()
                .flat_map(|(section, keys)| keys.keys().map(move |key| format!("{section} {key}")));
            let mut keys: Vec<String> = keys.collect();
            keys.sort();
            shape.extend(keys);
        }
        "ps1" => {
            let script = Script::parse(text);
            assert_eq!(script.flaws(), Vec::<String>::new(), "{path}");
            shape.push(format!("{} commands", script.nodes("command").len()));
            shape.extend(
                script.nodes("comment").iter().map(|node| format!("comment {}", node.start_position().row)),
            );
        }
        "rs" => tokens(&text.parse().unwrap_or_else(|error| panic!("{path}: {error}\n{text}")), &mut shape),
        "yaml" => keys(
            &serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}")),
            &mut shape,
        ),
        "toml" => drop(text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{path}: {error}\n{text}"))),
        "py" => {
            let template = include_str!("../../src/kallithea/templates/apply_settings.py");
            let head = text.strip_suffix(template).expect("the script as it is");
            let lines: Vec<&str> = head.lines().collect();
            assert!(
                lines.len() == 2 && lines[0] == "# coding: utf-8" && lines[1].starts_with("# Generated by"),
                "{head}"
            );
        }
        "md" => shape.extend(text.lines().enumerate().filter_map(|(number, line)| {
            // A row of backticks followed by others on the same line is a span of code.
            let is_fence = line.strip_prefix("```").is_some_and(|rest| !rest.contains('`'));
            is_fence.then(|| format!("{number} {line}"))
        })),
        _ => {}
    }
    shape
}

fn keys(value: &Value, shape: &mut Vec<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            shape.push(key.clone());
            keys(value, shape);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, shape)),
        _ => shape.push("value".to_owned()),
    }
}

fn tokens(stream: &TokenStream, shape: &mut Vec<String>) {
    for token in stream.clone() {
        match token {
            TokenTree::Group(group) => tokens(&group.stream(), shape),
            TokenTree::Literal(_) => shape.push("literal".to_owned()),
            other => shape.push(other.to_string()),
        }
    }
}

/// Compares outputs with those of a harmless text.
fn hold(tree: &Tree, harmless: &Tree, about: &str) {
    let paths = |tree: &Tree| tree.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
    assert_eq!(paths(tree), paths(harmless), "{about}");
    for ((path, text), (_, other)) in
        tree.iter().zip(harmless.iter()).filter(|((_, text), (_, other))| text != other)
    {
        let unmarked = text.strip_prefix('\u{feff}').unwrap_or(text);
        let hidden = unmarked.chars().find(|character| *character != '\n' && is_hidden(*character));
        assert_eq!(hidden, None, "{path} of {about}");
        let (shape, expected) = (shape(path, text), shape(path, other));
        let differs = shape.iter().zip(&expected).find(|(one, other)| one != other);
        assert!(shape == expected, "{path} of {about}: {differs:?}\n{}", difference(other, text));
    }
}

fn difference(one: &str, other: &str) -> String {
    similar::TextDiff::from_lines(one, other).unified_diff().to_string()
}

/// A text as YAML writes any text in ASCII.
fn quoted(text: &str) -> String {
    let one = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        ' '..='~' => character.to_string(),
        _ => format!("\\U{:08X}", u32::from(character)),
    };
    format!("\"{}\"", text.chars().map(one).collect::<String>())
}

/// A spec with one of its texts replaced.
fn with(lines: &[&str], number: usize, key: &str, value: &str) -> String {
    let line = format!("{key}: {}", quoted(value));
    let mut changed: Vec<&str> = lines.to_vec();
    changed[number] = &line;
    changed.join("\n")
}

/// Where a piece is put into a text.
#[derive(Clone, Copy, Debug)]
enum At {
    Middle,
    End,
}

/// A text with a piece in it.
fn put(piece: &str, at: At, text: &str) -> String {
    let middle = text.char_indices().nth(text.chars().count().div_ceil(2)).map_or(text.len(), |(at, _)| at);
    let at = match at {
        At::Middle => middle,
        At::End => text.len(),
    };
    format!("{}{piece}{}", &text[..at], &text[at..])
}

/// The lines of a spec that are a key and its text: number, key, text.
fn texts<'a>(lines: &[&'a str]) -> Vec<(usize, &'a str, &'a str)> {
    let of_line = |(number, line): (usize, &&'a str)| {
        let (key, value) = line.split_once(": ").filter(|(key, _)| !key.trim_start().starts_with('#'))?;
        // The author may write a wildcard in the name of a host, and it changes what there is to do. A node's name is the name
        // of a folder, and has its own pattern.
        let value = value.split(" #").next().unwrap_or(value).trim_matches('"');
        (!key.ends_with("hostName") && !key.ends_with("- name")).then_some((number, key, value))
    };
    lines.iter().enumerate().filter_map(of_line).collect()
}

#[test]
fn every_text_of_a_spec_stays_a_text() {
    let (mut accepted, mut refused) = (0, 0);
    let is_sound = |spec: &str| check("deploy.yaml", spec).1.spec.is_some();
    for spec in specs() {
        assert!(is_sound(&spec), "{:?}", compile("deploy.yaml", &spec).err());
        let lines: Vec<&str> = spec.lines().collect();
        for (index, at) in [At::Middle, At::End].into_iter().enumerate() {
            let one = |(number, key, text), piece| with(&lines, number, key, &put(piece, at, text));
            let free: Vec<_> = texts(&lines).into_iter().filter(|text| is_sound(&one(*text, "x"))).collect();
            // Invisible characters are always refused (see another test). One half at each place is enough for a daily run.
            let seen = PIECES.iter().filter(|piece| !piece.chars().any(is_hidden)).enumerate();
            for (_, piece) in seen.filter(|(number, _)| support::soak() > 1 || number % 2 == index) {
                // All texts that are accepted one by one are made hostile at once.
                let hostile: Vec<_> = free.iter().filter(|text| is_sound(&one(**text, piece))).collect();
                let all = |piece: &str| {
                    let written = |(number, key, text): &(usize, &str, &str)| {
                        (*number, format!("{key}: {}", quoted(&put(piece, at, text))))
                    };
                    let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                    hostile
                        .iter()
                        .map(|text| written(text))
                        .for_each(|(number, line)| changed[number] = line);
                    changed.join("\n")
                };
                let [tree, harmless] = [all(piece), all("x")].map(|spec| {
                    compile("deploy.yaml", &spec).unwrap_or_else(|codes| panic!("{codes:?}\n{spec}"))
                });
                let keys: Vec<&str> = hostile.iter().map(|(_, key, _)| key.trim()).collect();
                hold(&tree, &harmless, &format!("{piece:?} at the {at:?} of {keys:?}"));
                accepted += hostile.len();
                refused += free.len() - hostile.len();
            }
        }
    }
    assert!(accepted > 500 && refused > 500, "{accepted} let through, {refused} refused");
}

#[test]
fn no_text_may_hold_what_nobody_sees() {
    let spec = &specs()[0];
    for hidden in PIECES.iter().filter(|piece| piece.chars().any(is_hidden)) {
        let lines: Vec<&str> = spec.lines().collect();
        let number =
            lines.iter().position(|line| line.trim_start().starts_with("realm:")).expect("the realm");
        let codes = compile("deploy.yaml", &with(&lines, number, "    realm", &format!("a{hidden}b"))).err();
        assert!(codes.is_some_and(|codes| codes.contains(&Code::ControlCharacter)), "{hidden:?}");
    }
}

#[test]
fn every_name_of_a_file_stays_a_name() {
    let spec = &specs()[0];
    let harmless = compile("deploy.yaml", spec).expect("a sound spec");
    let plain = [
        "my--deploy.yaml",
        "coding=utf-7.yaml",
        "-*- coding: latin-1 -*-",
        "---",
        "!shebang",
        "con.yaml",
        "deploy",
    ];
    let long = format!("{}.yaml", "ä-".repeat(120));
    let made = PIECES.iter().flat_map(|piece| {
        [format!("{piece}deploy.yaml"), format!("a {piece}{piece} b.yaml"), format!("deploy.yaml{piece}")]
    });
    let (mut compiled, mut refused) = (0, 0);
    for name in made.chain(plain.map(str::to_owned)).chain([long, "\u{fffd}.yaml".to_owned()]) {
        match compile(&format!("some/folder/{name}"), spec) {
            Ok(tree) => {
                hold(&tree, &harmless, &format!("{name:?}"));
                compiled += 1;
            }
            Err(codes) => {
                assert_eq!(codes, [Code::FileName], "{name:?}");
                refused += 1;
            }
        }
    }
    assert!(compiled > 80 && refused > 80, "{compiled} compiled, {refused} refused");
}

/// The file names that a user can give on Linux, through the program.
#[cfg(unix)]
#[test]
fn check_and_build_refuse_a_name_that_would_be_a_line_of_a_script() {
    use support::program::{code, error, run};

    for name in [
        "a.yaml\nRemove-Item C:\\inetpub -Recurse #.yaml",
        "a\u{202e}lmay.yaml",
        "a\u{fffe}.yaml",
        "\u{1b}[2J.yaml",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        // This program would take a backslash for a folder separator.
        let spec = folder.path().join(name.replace('\\', "_"));
        fs::copy(support::example("minimal"), &spec).expect("the spec");
        for command in [&["check"][..], &["build", "--no-dll"], &["diff"]] {
            let output = run(&[command, &[support::text(&spec)]].concat());
            assert_eq!(code(&output), 1, "{command:?} {name:?}: {}", error(&output));
            assert!(error(&output).contains("KI110"), "{}", error(&output));
            let hidden = error(&output).chars().find(|character| *character != '\n' && is_hidden(*character));
            assert_eq!(hidden, None, "{command:?} {name:?}: {}", error(&output));
            assert!(
                !error(&output).lines().any(|line| line.starts_with("Remove-Item")),
                "{}",
                error(&output)
            );
        }
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is written");
    }
}

/// A name that matters only in an XML comment compiles, and the outputs contain it.
#[test]
fn two_hyphens_in_the_name_of_a_file_are_no_trouble() {
    use support::program::{code, error, run};

    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("my--deploy.yaml");
    fs::copy(support::example("minimal"), &spec).expect("the spec");
    for command in [&["check"][..], &["build", "--no-dll"], &["diff"]] {
        let output = run(&[command, &[support::text(&spec)]].concat());
        assert_eq!(code(&output), 0, "{command:?}: {}", error(&output));
    }
    let web = fs::read_to_string(folder.path().join("out/web.config")).expect("the web.config");
    assert!(web.contains("from my-%2Ddeploy.yaml."), "{web}");
    let runbook = fs::read_to_string(folder.path().join("out/RUNBOOK.md")).expect("the runbook");
    assert!(runbook.contains(r"..\my--deploy.yaml"), "the commands name the file as it is called");
}
