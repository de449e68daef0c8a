//! Lines that are indented as no line before them.
//!
//! What enters: the lines up to where the parser gave up. What leaves: the first that fits nowhere. Absent: tabs.

use super::{Line, Slip, uncommented};
use crate::diagnostic::Certainty;

/// A line whose indentation fits no line before it.
pub(super) fn uneven(lines: &[Line<'_>]) -> Option<Slip> {
    // The columns of the keys of the open mappings, and of the dashes of the open lists.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut may_go_deeper = true;
    for line in lines.iter().filter(|line| !line.is_blank() && !line.text.starts_with("---")) {
        let (mut column, mut rest) = (line.indent(), line.text.trim());
        let is_dash = rest.starts_with("- ");
        let before = open.last().map(|(before, _)| *before);
        while open.last().is_some_and(|last| last.0 > column || *last == (column, true) && !is_dash) {
            open.pop();
        }
        let fits = open.last().is_some_and(|last| last.0 == column);
        let is_deeper = before.is_none_or(|before| column > before);
        if !(fits || is_deeper && may_go_deeper) {
            // Of two that are as near, the line before is the one that its author looked at.
            let around = [before, open.last().map(|(around, _)| *around)];
            let near = around.into_iter().flatten().min_by_key(|near| near.abs_diff(column))?;
            return Some(Slip {
                span: line.span(column, rest.len()),
                message: format!(
                    "`{}` is indented by {}, its neighbours by {near}",
                    line.key(),
                    spaces(column)
                ),
                help: format!("indent it by {}", spaces(near)),
                fix: line.fix(0, column, &" ".repeat(near), Certainty::Likely),
            });
        }
        if !fits || is_dash && open.last() == Some(&(column, false)) {
            open.push((column, is_dash));
        }
        while let Some(item) = rest.strip_prefix("- ") {
            column += rest.len() - item.trim_start().len();
            rest = item.trim_start();
            open.push((column, rest.starts_with("- ")));
        }
        may_go_deeper = uncommented(rest).ends_with(':');
    }
    None
}

fn spaces(count: usize) -> String {
    match count {
        1 => "1 space".to_owned(),
        _ => format!("{count} spaces"),
    }
}
