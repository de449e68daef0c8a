//! Splits a large send into pieces, so that the bridge can see whether the client takes any bytes.
//!
//! What enters: one send. What leaves: the same, in pieces whose size follows the client's pace. Absent: copies; a
//! piece consists of parts of the same bytes and files.

use std::time::Duration;

use crate::client::{FileRange, Outgoing, Part};

/// Bytes of the first piece.
const FIRST: u64 = 256 * 1024;

/// Bytes of the smallest and the largest piece. Progress inside a piece is not visible. A client that takes 100 KB a second
/// must therefore finish the largest one before it counts as slow.
const BOUNDS: (u64, u64) = (16 * 1024, 1024 * 1024);

/// A client that takes a piece in less than the first time gets larger pieces; one that takes longer than the second
/// gets smaller ones.
const PACE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Hands `outgoing` to `send` piece by piece, with the head before the first and the end after the last.
///
/// `send` returns how long it took.
pub(super) fn in_pieces<E>(
    outgoing: &Outgoing<'_>,
    mut send: impl FnMut(&Outgoing<'_>, u64) -> Result<Duration, E>,
) -> Result<(), E> {
    let mut left: u64 = outgoing.parts.iter().map(size).sum();
    if left <= FIRST {
        return send(outgoing, left).map(drop);
    }
    let (mut head, mut room) = (outgoing.head, FIRST);
    let mut rest = outgoing.parts.to_vec();
    while left > 0 {
        let parts = cut(&mut rest, room);
        let taken: u64 = parts.iter().map(size).sum();
        left -= taken;
        let end = outgoing.end.filter(|_| left == 0);
        let duration = send(&Outgoing { head: head.take(), parts: &parts, end }, taken)?;
        room = next_room(room, duration);
    }
    Ok(())
}

fn next_room(room: u64, duration: Duration) -> u64 {
    let next = match duration {
        fast if fast < PACE.0 => room * 4,
        slow if slow > PACE.1 => room / 4,
        _ => room,
    };
    next.clamp(BOUNDS.0, BOUNDS.1)
}

/// Takes up to `room` bytes from the front of `rest`.
fn cut<'a>(rest: &mut Vec<Part<'a>>, room: u64) -> Vec<Part<'a>> {
    let mut taken = Vec::new();
    let mut left = room;
    while left > 0 && !rest.is_empty() {
        if size(&rest[0]) <= left {
            left -= size(&rest[0]);
            taken.push(rest.remove(0));
        } else {
            let (front, back) = split(rest[0], left);
            taken.push(front);
            rest[0] = back;
            left = 0;
        }
    }
    taken
}

fn split(part: Part<'_>, at: u64) -> (Part<'_>, Part<'_>) {
    match part {
        Part::Bytes(bytes) => {
            let (front, back) = bytes.split_at(usize::try_from(at).unwrap_or(bytes.len()).min(bytes.len()));
            (Part::Bytes(front), Part::Bytes(back))
        }
        Part::File(FileRange { handle, offset, size }) => (
            Part::File(FileRange { handle, offset, size: at }),
            Part::File(FileRange { handle, offset: offset + at, size: size - at }),
        ),
    }
}

fn size(part: &Part<'_>) -> u64 {
    match part {
        Part::Bytes(bytes) => bytes.len() as u64,
        Part::File(file) => file.size,
    }
}
