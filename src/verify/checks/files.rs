//! That files of the server are never served, by any name that Windows has for them.

use super::super::client::Ask;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::kallithea::PRIVATE_FILES;
use crate::manifest::DISPATCH_DLL;

/// What Windows ignores at the end of a file's name, so that a filter for the name does not see it: the default stream of NTFS, and a dot
/// (page `windows/win32/fileio/naming-a-file`).
const ENDS: [&str; 3] = ["", "::$DATA", "."];

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let mut files =
        vec!["/web.config".to_owned(), format!("/{DISPATCH_DLL}"), format!("/bridge/{DISPATCH_DLL}")];
    files.extend(PRIVATE_FILES.map(str::to_owned));
    let (mut served, mut trouble) = (Vec::new(), None);
    let spelled = files.iter().flat_map(|file| ENDS.map(|end| format!("{file}{end}")));
    for file in spelled {
        match visit.ask_best(&Ask::get(&file)).await {
            Ok(answer) if answer.code < 300 => served.push(format!("{file} is {}", answer.status())),
            Ok(_) => {}
            Err(failure) => trouble = Some(failure.to_string()),
        }
    }
    let question = Question::new("virtualDirectory.physicalPath", "no file of the server is served")
        .asked(
            format!(
                "GET {} below {}, also with ::$DATA or a dot at the end",
                files.join(", "),
                visit.place.url("/")
            ),
            "none of them",
        )
        .explain("404.3");
    lines.push(match trouble {
        Some(why) if served.is_empty() => question.unseen(why),
        _ if served.is_empty() => question.is(true, "none of them"),
        _ => question.is(false, served.join("; ")),
    });
}
