//! The same configuration, written in other ways.

use iis_config::markup;

/// Ways to write a configuration that mean the same to IIS, each with its name.
pub fn variants(text: &str) -> Vec<(&'static str, String)> {
    let text = text.replace("\r\n", "\n");
    let lines = |change: fn(&str) -> String| text.lines().map(change).collect::<Vec<_>>().join("\n") + "\n";
    let indented = |line: &str, unit: &str| {
        let rest = line.trim_start_matches(' ');
        unit.repeat((line.len() - rest.len()) / 4) + rest
    };
    vec![
        ("as it is", text.clone()),
        ("carriage returns", text.replace('\n', "\r\n")),
        ("tabs", text.lines().map(|line| indented(line, "\t") + "\n").collect()),
        ("two spaces", text.lines().map(|line| indented(line, "  ") + "\r\n").collect()),
        ("no indentation", lines(|line| line.trim_start().to_owned())),
        ("one line", text.lines().map(str::trim).collect()),
        ("comments in odd places", lines(commented)),
        ("attributes in another order", reversed_attributes(&text)),
        ("apostrophes", single_quoted(&text)),
        ("tight tags", text.replace(" />", "/>")),
        ("no line end at the end", text.trim_end().to_owned()),
        ("no restriction yet", emptied(&text, "isapiCgiRestriction", "<isapiCgiRestriction />")),
        ("no restriction yet, tight", emptied(&text, "isapiCgiRestriction", "<isapiCgiRestriction a=\"\"/>")),
        (
            "an empty list",
            emptied(&text, "isapiCgiRestriction", "<isapiCgiRestriction></isapiCgiRestriction>"),
        ),
        (
            "a blank list",
            emptied(&text, "isapiCgiRestriction", "<isapiCgiRestriction>\n\n  </isapiCgiRestriction>"),
        ),
        ("no list", emptied(&text, "isapiCgiRestriction", "")),
        ("no security", emptied(&text, "security", "<security/>")),
        ("many locations", with_locations(&text, 140)),
    ]
}

fn commented(line: &str) -> String {
    let is_whole = line.trim_start().starts_with('<') && line.ends_with("/>");
    if is_whole { format!("<!-- before -->{line}<!-- behind --> <!-- and more -->") } else { line.to_owned() }
}

fn reversed_attributes(text: &str) -> String {
    changed_tags(text, |document, element| {
        let mut attributes: Vec<_> = element.attributes.iter().collect();
        attributes.reverse();
        let written =
            attributes.iter().map(|one| format!("{}=\"{}\"", one.name, &document[one.written.clone()]));
        written.collect::<Vec<_>>().join("  ")
    })
}

fn single_quoted(text: &str) -> String {
    changed_tags(text, |document, element| {
        let written = element.attributes.iter();
        let written = written
            .map(|one| format!("{} = '{}'", one.name, document[one.written.clone()].replace('\'', "&apos;")));
        written.collect::<Vec<_>>().join("\n\t")
    })
}

/// The text with every tag's attributes rewritten.
fn changed_tags(text: &str, write: impl Fn(&str, &markup::Element<'_>) -> String) -> String {
    let document = markup::parse(text).expect("XML");
    let mut changed = text.to_owned();
    for element in document.elements.iter().rev() {
        if let (Some(first), Some(last)) = (element.attributes.first(), element.attributes.last()) {
            changed.replace_range(first.offset..last.written.end + 1, &write(text, element));
        }
    }
    changed
}

/// The text in which another element replaces the last one of that name that is not a declaration.
fn emptied(text: &str, name: &str, instead: &str) -> String {
    let document = markup::parse(text).expect("XML");
    let found = document.elements.iter().rfind(|element| {
        element.name == name
            && element.parent.is_some_and(|parent| document.elements[parent].name != "location")
            && document.elements[element.parent.unwrap_or(0)]
                .parent
                .is_none_or(|outer| document.elements[outer].name != "location")
    });
    let Some(found) = found else { return text.to_owned() };
    let mut changed = text.to_owned();
    changed.replace_range(found.offset..found.end, instead);
    changed
}

fn with_locations(text: &str, count: usize) -> String {
    let (before, after) = text.rsplit_once("</configuration>").expect("a root");
    let one = |number: usize| {
        let runtime = format!("<serverRuntime uploadReadAheadSize=\"{}\" />", 1000 + number);
        let filler = format!("<!-- {} -->", "site of a department; ".repeat(61));
        format!(
            "    <location path=\"Site {number}\">\n        {filler}\n        <system.webServer>{runtime}</system.webServer>\n    </location>\n"
        )
    };
    let locations: String = (1..=count).map(one).collect();
    format!("{before}{locations}</configuration>{after}")
}
