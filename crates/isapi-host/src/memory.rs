//! How much the memory of this process has grown.
//!
//! In: the moment to count from. Out: the growth of the resident memory at its peak since then. If the system cannot forget an
//! earlier peak, that peak counts too. The figure is therefore never too small by more than the system's own inaccuracy, some
//! hundred kilobytes. Also the memory of one thread: Wine 8 touches almost a megabyte for each, whatever stack size is
//! requested. Absent: other processes.

use std::sync::{Arc, Barrier};
use std::thread;

/// How many idle threads are started to measure the memory of one.
const SAMPLE: u64 = 8;

/// Measures from a moment on.
pub(super) struct Meter {
    resident: u64,
}

/// How many bytes the system itself uses for a thread that does nothing; `None` if it does not say.
pub(super) fn of_an_idle_thread() -> Option<u64> {
    let before = usage()?.resident;
    let barrier = Arc::new(Barrier::new(SAMPLE as usize + 1));
    let idle = || {
        let barrier = Arc::clone(&barrier);
        thread::Builder::new().spawn(move || {
            // The first wait ends when all have begun, the second when they may end.
            barrier.wait();
            barrier.wait();
        })
    };
    let threads: Vec<_> = (0..SAMPLE).map_while(|_| idle().ok()).collect();
    if threads.len() < SAMPLE as usize {
        // The threads that have begun wait until the program ends.
        return None;
    }
    barrier.wait();
    let after = usage().map(|usage| usage.resident);
    barrier.wait();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    Some(after?.saturating_sub(before) / SAMPLE)
}

/// Resident bytes, now and at the peak.
struct Usage {
    resident: u64,
    peak: u64,
}

impl Meter {
    /// Measures from now on; `None` if the system does not give the figures.
    pub(super) fn start() -> Option<Self> {
        forget_peak();
        usage().map(|usage| Self { resident: usage.resident })
    }

    /// The peak since then, minus what was in use then.
    pub(super) fn growth(&self) -> Option<u64> {
        usage().map(|usage| usage.peak.saturating_sub(self.resident))
    }
}

#[cfg(not(windows))]
fn forget_peak() {
    // If this is not allowed, an earlier peak counts too.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[cfg(not(windows))]
fn usage() -> Option<Usage> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
    };
    Some(Usage { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

/// Windows keeps the peak.
#[cfg(windows)]
fn forget_peak() {}

#[cfg(windows)]
fn usage() -> Option<Usage> {
    use std::ffi::c_void;

    /// `PROCESS_MEMORY_COUNTERS`.
    #[repr(C)]
    #[derive(Default)]
    struct Counters {
        size: u32,
        page_faults: u32,
        peak_working_set: usize,
        working_set: usize,
        pools_and_page_file: [usize; 6],
    }

    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn GetCurrentProcess() -> *mut c_void;
        fn K32GetProcessMemoryInfo(process: *mut c_void, counters: *mut Counters, size: u32) -> i32;
    }

    let mut counters = Counters::default();
    let size = size_of::<Counters>() as u32;
    // SAFETY: the structure is that of Windows, and as long as its size says.
    let answer = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &mut counters, size) };
    let usage = || Usage { resident: counters.working_set as u64, peak: counters.peak_working_set as u64 };
    (answer != 0).then(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_used_and_freed_counts() {
        let meter = Meter::start().expect("a system that says");
        let block = vec![1_u8; 64 << 20];
        assert!(std::hint::black_box(&block).iter().all(|&byte| byte == 1));
        drop(block);
        let growth = meter.growth().expect("a system that says");
        // The kernel counts pages in batches, so its figure for the start may lag by some hundred kilobytes.
        assert!(growth >= 63 << 20, "{growth}");
    }
}
