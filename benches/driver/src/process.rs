//! This process as the operating system sees it: processor time and memory.
//!
//! In: nothing. Out: figures of the whole process, including host and clients. Absent: other processes.

use std::time::Duration;

#[cfg(unix)]
pub use linux::{Watch, cpu_time, memory};
#[cfg(windows)]
pub use windows::{Watch, cpu_time, memory};

#[cfg(unix)]
mod linux {
    use super::Duration;

    /// Watches the memory at no cost for the process: the kernel keeps the peak.
    pub struct Watch;

    impl Watch {
        /// Lets the kernel forget earlier peaks (proc_pid_clear_refs(5): the value 5 resets VmHWM).
        pub fn begin() -> Result<Self, String> {
            let file = "/proc/self/clear_refs";
            std::fs::write(file, "5").map(|()| Self).map_err(|error| format!("{file}: {error}"))
        }

        /// The largest number of bytes since the beginning.
        pub fn end(self) -> u64 {
            figure("VmHWM:")
        }
    }

    /// Bytes of resident memory in use.
    pub fn memory() -> u64 {
        figure("VmRSS:")
    }

    fn figure(name: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    }

    /// Processor time of all threads together, in user and system mode.
    pub fn cpu_time() -> Duration {
        // SAFETY: a structure of numbers, for which zeros are valid.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is valid for the call.
        unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
        let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
        time(usage.ru_utime) + time(usage.ru_stime)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_peak_from_before_does_not_count() {
            let piece = 64 << 20;
            let fill = || std::hint::black_box(vec![1_u8; piece]).len() as u64;
            fill();
            let (watch, before) = (Watch::begin().expect("Linux resets the peak"), memory());
            assert!(watch.end() - before < fill() / 2);
            let watch = Watch::begin().expect("Linux resets the peak");
            fill();
            assert!(watch.end() - before > fill() / 2);
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread::JoinHandle;

    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes};

    use super::Duration;

    /// The interval between two readings of the memory.
    const INTERVAL: Duration = Duration::from_millis(10);

    /// Reads the process's memory periodically: Windows' own peak would include earlier peaks. Every server is watched like this, so
    /// that the readings' own time is the same for all.
    pub struct Watch {
        going: Arc<AtomicBool>,
        most: Arc<AtomicU64>,
        thread: JoinHandle<()>,
    }

    impl Watch {
        /// Starts reading.
        pub fn begin() -> Result<Self, String> {
            let (going, most) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(memory())));
            let (on, highest) = (Arc::clone(&going), Arc::clone(&most));
            let thread = std::thread::spawn(move || {
                while on.load(Ordering::Relaxed) {
                    highest.fetch_max(memory(), Ordering::Relaxed);
                    std::thread::sleep(INTERVAL);
                }
            });
            Ok(Self { going, most, thread })
        }

        /// Stops reading; returns the largest number of bytes that was seen.
        pub fn end(self) -> u64 {
            self.most.fetch_max(memory(), Ordering::Relaxed);
            self.going.store(false, Ordering::Relaxed);
            // The thread's result is not needed: the figure is already known.
            let _ = self.thread.join();
            self.most.load(Ordering::Relaxed)
        }
    }

    /// Bytes of resident memory in use.
    pub fn memory() -> u64 {
        // SAFETY: a structure of numbers, for which zeros are valid.
        let mut counters: PROCESS_MEMORY_COUNTERS = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is valid for the call, and of the size that is said.
        unsafe { GetProcessMemoryInfo(GetCurrentProcess(), &mut counters, size_of_val(&counters) as u32) };
        counters.WorkingSetSize as u64
    }

    /// Processor time of all threads together, in user and system mode.
    pub fn cpu_time() -> Duration {
        let mut times = [FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 }; 4];
        let [created, exited, kernel, user] = &mut times;
        // SAFETY: the four pointers are valid for the call.
        unsafe { GetProcessTimes(GetCurrentProcess(), created, exited, kernel, user) };
        // FILETIME counts in steps of 100 nanoseconds.
        let time =
            |time: FILETIME| (u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)) * 100;
        Duration::from_nanos(time(times[2]) + time(times[3]))
    }
}
