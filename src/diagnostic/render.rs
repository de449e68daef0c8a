//! Diagnostics as text for people.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use kallithea_bridge_isapi::visible;

use super::redact::redact;
use super::{Diagnostic, Severity};
use crate::characters;
use crate::source::{Positions, Source, Span};

/// Whether a text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    /// It has those of a terminal.
    Styled,
    /// It has none.
    Plain,
}

/// The most problems of one file that are shown as text: nobody reads more, and JSON contains them all.
const MOST_SHOWN: usize = 1000;

/// The longest line, in bytes, that is shown whole.
const LONGEST_LINE: usize = 1000;

/// The longest text, in bytes, in which places that belong together are shown in one excerpt.
const LONGEST_TOGETHER: usize = 20_000;

/// The diagnostics of a source, one below the other, each with the source line underlined; empty if there are none.
pub fn render(source: &Source, diagnostics: &[Diagnostic], colors: Colors) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let (head, rest) = diagnostics.split_at(diagnostics.len().min(MOST_SHOWN));
    let (source, head) = redact(source, head);
    let mut positions = Positions::of(&source.text);
    let mut shown: String = head.iter().map(|one| text(&source, &mut positions, one, colors)).collect();
    if !rest.is_empty() {
        let name = characters::shown(&source.name);
        shown += &format!("{name}: {} more are not shown; use --format json to see them all\n\n", rest.len());
    }
    shown
}

/// One line that counts them: `2 errors, 1 warning`, or nothing if there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|one| one.severity() == Severity::Error).count();
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{count} {noun}s")),
    };
    let parts = [counted(errors, "error"), counted(diagnostics.len() - errors, "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn text(source: &Source, positions: &mut Positions<'_>, diagnostic: &Diagnostic, colors: Colors) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(visible::lines(&diagnostic.message)).id(diagnostic.code.id());
    let mut group = excerpt(source, positions, diagnostic, Group::with_title(title));
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible::lines(help)));
    }
    let renderer = match colors {
        Colors::Styled => Renderer::styled(),
        Colors::Plain => Renderer::plain(),
    };
    format!("{}\n\n", steering_nothing(&renderer.term_width(120).render(&[group])))
}

/// The rendered text, in which control characters from a file are made visible, so that they cannot control the terminal. The
/// renderer's own colours stay; they are the only escape sequences left at this point.
fn steering_nothing(rendered: &str) -> String {
    let mut text = String::with_capacity(rendered.len());
    for letter in rendered.chars() {
        match letter {
            '\n' | '\u{1b}' => text.push(letter),
            letter => visible::push(&mut text, letter),
        }
    }
    text
}

/// The lines that a problem is about, and those that it contradicts. The renderer processes everything that it gets, so it gets
/// only these lines of a long text.
fn excerpt<'a>(
    source: &'a Source,
    positions: &mut Positions<'_>,
    diagnostic: &'a Diagnostic,
    group: Group<'a>,
) -> Group<'a> {
    let part = source.part(diagnostic.span.start);
    let place = worth(source, &diagnostic.span);
    let context = |span: Span, words: &'a str| AnnotationKind::Context.span(span).label(words);
    if !diagnostic.related.is_empty() && part.text.len() <= LONGEST_TOGETHER {
        // What belongs together is in one file: each file's problems are found before files are merged.
        let inside = |span: Span| span.start - part.start..span.end - part.start;
        let related = diagnostic.related.iter();
        let related = related.map(|(span, words)| context(inside(worth(source, span)), words));
        let all = [AnnotationKind::Primary.span(inside(place))].into_iter().chain(related);
        let name = characters::shown(part.name);
        return group.element(Snippet::source(part.text).path(name).annotations(all));
    }
    let group = alone(source, positions, place, &|span| AnnotationKind::Primary.span(span), group);
    diagnostic.related.iter().fold(group, |group, (span, words)| {
        alone(source, positions, worth(source, span), &|span| context(span, words), group)
    })
}

/// The line of one place, or a piece of it if it is long.
fn alone<'a>(
    source: &'a Source,
    positions: &mut Positions<'_>,
    place: Span,
    mark: &dyn Fn(Span) -> Annotation<'a>,
    group: Group<'a>,
) -> Group<'a> {
    let text = source.text.as_str();
    let part = source.part(place.start);
    let name = characters::shown(part.name);
    let before = positions.line(part.start) - 1;
    let line = positions.line(place.start);
    let begin = positions.line_start(line);
    let end = positions.line_end(line);
    let piece = |piece: Span| -> Snippet<'a, Annotation<'a>> {
        let marked = place.start - piece.start..place.end.min(piece.end) - piece.start;
        Snippet::source(&text[piece]).line_start(line - before).annotation(mark(marked))
    };
    if end - begin <= LONGEST_LINE {
        return group.element(piece(begin..end).path(name));
    }
    let from = text.floor_char_boundary(place.start.saturating_sub(LONGEST_LINE / 10)).max(begin);
    let to = text.floor_char_boundary(place.start + LONGEST_LINE / 10).clamp(place.start, end);
    let (_, column) = positions.at(place.start);
    group.element(Origin::path(name).line(line - before).char_column(column)).element(piece(from..to))
}

/// The part of a span to underline: its first line, without the space at its end.
pub(super) fn worth(source: &Source, span: &Span) -> Span {
    let span = source.clamp(span);
    let first_line = source.text[span.clone()].lines().next().unwrap_or_default().trim_end();
    span.start..span.start + first_line.len()
}
