//! Makes text from others safe to read in a log or a console.
//!
//! What enters: text that a client, a user or another program has influenced. What leaves: the same text, in which
//! nothing moves the cursor, changes colours, reverses the order of letters, breaks a line, or is invisible. Absent: a
//! judgement about letters that only look like others.

/// Format characters (Unicode's category Cf, of version 16), and the separators of lines and paragraphs.
const HIDDEN: &[(u32, u32)] = &[
    (0x00ad, 0x00ad),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0x1_10bd, 0x1_10bd),
    (0x1_10cd, 0x1_10cd),
    (0x1_3430, 0x1_343f),
    (0x1_bca0, 0x1_bca3),
    (0x1_d173, 0x1_d17a),
    (0xe_0000, 0xe_007f),
];

/// Whether a letter affects those around it or is invisible.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    let number = u32::from(letter);
    letter.is_control() || HIDDEN.iter().any(|&(first, last)| (first..=last).contains(&number))
}

/// Appends a letter, or its escape if it is hidden.
pub fn push(text: &mut String, letter: char) {
    if is_hidden(letter) {
        text.extend(letter.escape_default());
    } else {
        text.push(letter);
    }
}

/// Text with hidden letters made visible. Line ends and tabs stay unchanged.
#[must_use]
pub fn lines(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' | '\t' => visible.push(letter),
            '\r' if letters.peek() == Some(&'\n') => {}
            letter => push(&mut visible, letter),
        }
    }
    visible
}
