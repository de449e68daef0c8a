//! Asks the questions one by one, in one line each.

use std::io::{self, BufRead, Write};

use super::{Answers, Question};

/// What goes back to the question before.
pub const BACK: &str = "<";

/// Asks the remaining questions. If the rules refuse an answer, shows why and asks again. [`BACK`] takes the answer before back.
pub fn interview(
    answers: &mut Answers,
    reader: &mut impl BufRead,
    writer: &mut impl Write,
) -> io::Result<()> {
    if let [first, others @ ..] = answers.machine.sites.as_slice() {
        let names = others.iter().fold(first.name.clone(), |names, site| format!("{names}, {}", site.name));
        writeln!(writer, "The sites of this server: {names}")?;
    }
    // What was known before each question that has an answer now.
    let mut before: Vec<Answers> = Vec::new();
    // Which questions are left depends on the answers.
    loop {
        let left = answers.left();
        let Some(question) = left.first().copied() else { return Ok(()) };
        let usual = question.usual(answers);
        let (number, all) = (before.len() + 1, before.len() + left.len());
        write!(writer, "{number} of {all}. {}", prompt(question, usual.as_deref()))?;
        writer.flush()?;
        let Some(line) = line(reader)? else {
            writeln!(writer, "  the answer is not valid UTF-8; type it again, or give {}", question.flag())?;
            continue;
        };
        let answer = match line.trim() {
            BACK => {
                match before.pop() {
                    Some(former) => *answers = former,
                    None => writeln!(writer, "  this is the first question")?,
                }
                continue;
            }
            "" => usual.unwrap_or_default(),
            text => text.to_owned(),
        };
        let former = answers.clone();
        let said = match answers.take(question, &answer) {
            Ok(warnings) => {
                before.push(former);
                warnings.join("\n")
            }
            Err(refusal) => refusal.to_string(),
        };
        said.lines().try_for_each(|line| writeln!(writer, "  {line}"))?;
    }
}

/// The next line; `None` if it is not text.
fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(0) => {
            let message = "you interrupted the questions, and nothing was written";
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        read => read.map(|_| Some(line)),
    }
}

/// `Port [443]: `
fn prompt(question: Question, usual: Option<&str>) -> String {
    let choices = question.choices().map(|words| format!(" ({})", words.join(", "))).unwrap_or_default();
    let usual =
        usual.filter(|usual| !usual.is_empty()).map(|usual| format!(" [{usual}]")).unwrap_or_default();
    format!("{}{choices}{usual}: ", question.asks())
}
