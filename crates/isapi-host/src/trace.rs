//! Events for failed request tracing.
//!
//! In: the structure of httptrace.h. Out: a [`TraceEvent`], copied. Absent: a listener.

use super::block::{Guid, RawTraceEvent, RawTraceItem};
use super::callbacks::bytes;
use super::outcome::TraceEvent;

// `HTTP_TRACE_TYPE_`, the numbers of the VARIANT types.
const SHORT: i32 = 2;
const LONG: i32 = 3;
const BOOL: i32 = 11;
const CHAR: i32 = 16;
const BYTE: i32 = 17;
const USHORT: i32 = 18;
const ULONG: i32 = 19;
const LONGLONG: i32 = 20;
const ULONGLONG: i32 = 21;
const LPCSTR: i32 = 30;
const LPCWSTR: i32 = 31;
const LPCGUID: i32 = 72;

/// Copies an event.
///
/// # Safety
/// As httptrace.h specifies: the strings end in zeros, the items are as many as the event says, and each item's data are
/// readable for their size.
pub(super) unsafe fn read(event: &RawTraceEvent) -> TraceEvent {
    let items = match event.count {
        0 => &[],
        // SAFETY: the caller's promise.
        count => unsafe { std::slice::from_raw_parts(event.items, count as usize) },
    };
    // SAFETY: the caller's promise.
    let item = |item: &RawTraceItem| unsafe { (text(item.name), value(item)) };
    TraceEvent {
        // SAFETY: the provider is NULL or a GUID.
        provider: unsafe { event.provider.as_ref() }.map(dashed).unwrap_or_default(),
        area: event.area,
        event: event.event,
        // SAFETY: the caller's promise.
        name: unsafe { text(event.name) },
        verbosity: event.verbosity,
        items: items.iter().map(item).collect(),
    }
}

/// # Safety
/// The item's data are readable for their size.
unsafe fn value(item: &RawTraceItem) -> String {
    // SAFETY: the caller's promise.
    let data = unsafe { bytes(item.data, item.size) };
    let wide = |data: &[u8]| {
        let units = data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        char::decode_utf16(units.take_while(|&unit| unit != 0)).map(|letter| letter.unwrap_or('?')).collect()
    };
    let narrow = |data: &[u8]| {
        String::from_utf8_lossy(data.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
    };
    let number = number(data);
    let signed = |bits: u32| ((number << (64 - bits)).cast_signed() >> (64 - bits)).to_string();
    match (item.kind, data.len()) {
        (LPCWSTR, _) => wide(data),
        (LPCSTR, _) => narrow(data),
        (BYTE | USHORT | ULONG | ULONGLONG, 1..=8) => number.to_string(),
        (CHAR | SHORT | LONG | LONGLONG, size @ 1..=8) => signed(8 * size as u32),
        (BOOL, 1..=8) => (number != 0).to_string(),
        (LPCGUID, 16) => dashed(&guid(data)),
        _ => data.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// # Safety
/// `pointer` is NULL or a string of 16-bit units that ends in zero.
unsafe fn text(pointer: *const u16) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise: the string has an end, and everything before it can be read.
    let length = (0..).take_while(|&index| unsafe { *pointer.add(index) } != 0).count();
    // SAFETY: as above.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A number of at most eight bytes.
fn number(data: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let size = data.len().min(8);
    bytes[..size].copy_from_slice(&data[..size]);
    u64::from_le_bytes(bytes)
}

fn guid(data: &[u8]) -> Guid {
    let mut rest = [0; 8];
    rest.copy_from_slice(&data[8..16]);
    Guid {
        first: number(&data[..4]) as u32,
        second: number(&data[4..6]) as u16,
        third: number(&data[6..8]) as u16,
        rest,
    }
}

fn dashed(guid: &Guid) -> String {
    let rest: String = guid.rest.iter().map(|byte| format!("{byte:02x}")).collect();
    let (fourth, fifth) = rest.split_at(4);
    format!("{:08x}-{:04x}-{:04x}-{fourth}-{fifth}", guid.first, guid.second, guid.third)
}
