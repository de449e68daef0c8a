//! What IIS accepts without a word and reads otherwise than its author means, and sections that are in another file.
//!
//! In: a parsed file. Out: damaged secrets, DLLs of modules for another bitness, elements with a prefix below `<runtime>`, and `configSource`. Absent: the disk.

use super::{Beside, Fault, Finding, Kind};
use crate::markup::{self, Document, Element};

pub(super) fn check(document: &Document<'_>, kind: Kind<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for element in &document.elements {
        for attribute in element.attributes.iter().filter(|attribute| is_damaged(&attribute.value)) {
            let path = format!("{}@{}", path_of(document, element), attribute.name);
            found.push(Finding::new(attribute.offset, path, Fault::DamagedSecret));
        }
        if let Some(source) = element.attribute("configSource").filter(|_| kind == Kind::HostFragment) {
            let is_within = document.outwards(element).any(|around| around.is_named("location"));
            let fault = if is_within { Fault::SourceInLocation } else { Fault::SourceOfHost };
            let path = format!("{}@configSource", path_of(document, element));
            found.push(Finding::new(source.offset, path, fault));
        }
    }
    let modules = document.descend(document.root(), &["system.webServer", "globalModules"]);
    for module in modules.into_iter().flat_map(|all| document.named(all, "add")) {
        if let Some(image) =
            module.attribute("image").filter(|image| is_for_other_bitness(module, &image.value))
        {
            let path = "system.webServer/globalModules/add@image";
            found.push(Finding::new(image.offset, path, Fault::WrongBitness));
        }
    }
    for runtime in document.named(document.root(), "runtime") {
        let mut below: Vec<usize> = runtime.children.clone();
        while let Some(index) = below.pop() {
            let element = &document.elements[index];
            if element.name.contains(':') {
                let path = path_of(document, element);
                found.push(Finding::new(element.offset, path, Fault::PrefixedRuntime));
                break;
            }
            below.extend(&element.children);
        }
    }
    found
}

/// What is wrong with the files that are named by `configSource`.
pub(super) fn sources(document: &Document<'_>, read: &dyn Fn(&str) -> Beside) -> Vec<Finding> {
    let with_source =
        document.elements.iter().filter_map(|element| Some((element, element.attribute("configSource")?)));
    let fault = |element: &Element<'_>, source: &str| match read(source) {
        Beside::Missing => Some(Fault::SourceMissing(source.to_owned())),
        Beside::Text(text) if !is_section(&text, element.name) => {
            Some(Fault::SourceUnreadable { path: source.to_owned(), name: element.name.to_owned() })
        }
        Beside::Text(_) | Beside::Unread => None,
    };
    with_source
        .filter_map(|(element, source)| {
            let path = format!("{}@configSource", path_of(document, element));
            Some(Finding::new(source.offset, path, fault(element, &source.value)?))
        })
        .collect()
}

/// Whether a text is the section alone, as a file of `configSource` must be.
fn is_section(text: &str, name: &str) -> bool {
    markup::parse(text).is_ok_and(|document| document.root().is_named(name))
}

/// The names of the elements around an element and of itself, without `configuration` and `location`.
fn path_of(document: &Document<'_>, element: &Element<'_>) -> String {
    let names = document.outwards(element).map(|around| around.name);
    let mut names: Vec<&str> = names.filter(|name| !matches!(*name, "configuration" | "location")).collect();
    names.reverse();
    names.join("/")
}

/// Whether a DLL is in a folder of Windows for programs of the other bitness. `System32` is none: Windows shows each program its
/// own (page "File System Redirector").
fn is_for_other_bitness(module: &Element<'_>, image: &str) -> bool {
    let condition = module.value("preCondition").unwrap_or_default().to_ascii_lowercase();
    let needs = |bitness| condition.split(',').any(|part| part.trim() == bitness);
    let image = image.to_ascii_lowercase();
    let is_within = |folder| image.split(['\\', '/']).any(|part| part == folder);
    (needs("bitness64") && (is_within("syswow64") || is_within("framework")))
        || (needs("bitness32") && is_within("framework64"))
}

/// Whether a value begins as one that IIS has encrypted, `[enc:provider:data:enc]`, but is not whole: IIS takes it for the
/// secret itself.
fn is_damaged(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("[enc:") else { return false };
    let inner = rest.strip_suffix(":enc]").and_then(|inner| inner.split_once(':'));
    inner.is_none_or(|(provider, _)| provider.is_empty())
}
