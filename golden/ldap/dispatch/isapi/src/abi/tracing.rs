//! Events for IIS's failed request tracing.
//!
//! What enters: what happens to a request. What leaves: events of the provider "ISAPI Extension", which every
//! installation of IIS defines, so that nothing needs to be registered. Absent: events for requests that IIS does not
//! trace; IIS is asked once for each request.
//!
//! The structures are those of httpext.h (`HSE_TRACE_INFO`) and httptrace.h (`HTTP_TRACE_EVENT`).

use std::ffi::c_void;
use std::ptr;

use super::session::Session;

const GET_TRACE_INFO: u32 = 1042;
const RAISE_TRACE_EVENT: u32 = 1045;

/// `HTTP_TRACE_TYPE_LPCWSTR`.
const TEXT: u32 = 31;

/// A GUID in the layout of Windows.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Guid(u32, u16, u16, [u8; 8]);

/// The provider "ISAPI Extension" of applicationHost.config's `traceProviderDefinitions`.
static PROVIDER: Guid = Guid(0xa1c2_040e, 0x8840, 0x4c31, [0xba, 0x11, 0x98, 0x71, 0x03, 0x1a, 0x19, 0xea]);

/// `HSE_TRACE_INFO`.
#[repr(C)]
struct TraceInfo {
    is_traced: i32,
    context: Guid,
    reserved: [u32; 2],
}

/// `HTTP_TRACE_EVENT`.
#[repr(C)]
struct TraceEvent {
    provider: *const Guid,
    area: u32,
    area_id: *const Guid,
    event: u32,
    name: *const u16,
    version: u32,
    verbosity: u32,
    activity: *const Guid,
    related_activity: *const Guid,
    time_stamp: u32,
    flags: u32,
    count: u32,
    items: *const TraceItem,
}

/// `HTTP_TRACE_EVENT_ITEM`.
#[repr(C)]
struct TraceItem {
    name: *const u16,
    kind: u32,
    data: *const u8,
    size: u32,
    description: *const u16,
}

/// The layout of windows-sys 0.61, whose structures come from Microsoft's headers.
const _: () = {
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<TraceInfo>() == 28);
    assert!(size_of::<TraceEvent>() == if wide { 88 } else { 52 });
    assert!(size_of::<TraceItem>() == if wide { 40 } else { 20 });
};

/// A request that IIS traces.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    context: Guid,
}

/// How bad an event is; the numbers are those of `dwVerbosity`.
#[derive(Debug, Clone, Copy)]
pub enum Verbosity {
    /// Something failed.
    Error = 2,
    /// Something happened.
    Information = 4,
}

impl Session {
    /// Asks whether IIS traces this request.
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        let mut info = TraceInfo { is_traced: 0, context: Guid(0, 0, 0, [0; 8]), reserved: [0; 2] };
        self.support(GET_TRACE_INFO, (&raw mut info).cast()).ok()?;
        (info.is_traced != 0).then_some(Trace { context: info.context })
    }

    /// Adds an event to the request's trace. A request does not fail because its trace cannot be written.
    pub fn raise(
        &self,
        trace: &Trace,
        verbosity: Verbosity,
        (number, name): (u32, &str),
        items: &[(&str, String)],
    ) {
        let texts: Vec<_> = items.iter().map(|(name, value)| (wide(name), wide(value))).collect();
        let item = |(name, value): &(Vec<u16>, Vec<u16>)| TraceItem {
            name: name.as_ptr(),
            kind: TEXT,
            data: value.as_ptr().cast(),
            size: (value.len() * 2) as u32,
            description: ptr::null(),
        };
        let items: Vec<TraceItem> = texts.iter().map(item).collect();
        let name = wide(name);
        let mut event = TraceEvent {
            provider: &raw const PROVIDER,
            area: 0,
            area_id: &raw const PROVIDER,
            event: number,
            name: name.as_ptr(),
            version: 1,
            verbosity: verbosity as u32,
            activity: &raw const trace.context,
            related_activity: ptr::null(),
            time_stamp: 0,
            flags: 0,
            count: items.len() as u32,
            items: items.as_ptr(),
        };
        let _ = self.support(RAISE_TRACE_EVENT, (&raw mut event).cast::<c_void>());
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().filter(|&unit| unit != 0).chain([0]).collect()
}
