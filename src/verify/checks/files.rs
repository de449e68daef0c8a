//! That files of the server are never served.

use super::super::client::Ask;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::kallithea::PRIVATE_FILES;
use crate::manifest::DISPATCH_DLL;

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let mut files =
        vec!["/web.config".to_owned(), format!("/{DISPATCH_DLL}"), format!("/bridge/{DISPATCH_DLL}")];
    files.extend(PRIVATE_FILES.map(str::to_owned));
    let (mut served, mut trouble) = (Vec::new(), None);
    for file in &files {
        match visit.ask_best(&Ask::get(file)).await {
            Ok(answer) if answer.code < 300 => served.push(format!("{file} is {}", answer.status())),
            Ok(_) => {}
            Err(failure) => trouble = Some(failure.to_string()),
        }
    }
    let question = Question::new("virtualDirectory.physicalPath", "no file of the server is served")
        .asked(format!("GET {} below {}", files.join(", "), visit.place.url("/")), "none of them")
        .explain("404.3");
    lines.push(match trouble {
        Some(why) if served.is_empty() => question.unseen(why),
        _ if served.is_empty() => question.is(true, "none of them"),
        _ => question.is(false, served.join("; ")),
    });
}
