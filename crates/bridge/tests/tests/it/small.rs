//! The control block's layout, the settings' paths, and the log's time.

use std::mem::{offset_of, size_of};

use kallithea_bridge_isapi::abi::{ControlBlock, SendHeaderEx, VersionInfo};
use kallithea_bridge_isapi::log::timestamp;
use kallithea_bridge_isapi::visible;

#[test]
fn structures_are_laid_out_as_httpext_has_them() {
    let wide = size_of::<usize>() == 8;
    let offsets = [
        offset_of!(ControlBlock, connection),
        offset_of!(ControlBlock, http_status_code),
        offset_of!(ControlBlock, log_data),
        offset_of!(ControlBlock, method),
        offset_of!(ControlBlock, path_translated),
        offset_of!(ControlBlock, total_bytes),
        offset_of!(ControlBlock, available),
        offset_of!(ControlBlock, content_type),
        offset_of!(ControlBlock, get_server_variable),
        offset_of!(ControlBlock, server_support_function),
        size_of::<ControlBlock>(),
    ];
    let x64 = [8, 16, 20, 104, 128, 136, 144, 152, 160, 184, 192];
    let x86 = [8, 12, 16, 96, 108, 112, 120, 124, 128, 140, 144];
    assert_eq!(offsets, if wide { x64 } else { x86 });
    assert_eq!(size_of::<VersionInfo>(), 260);
    assert_eq!(size_of::<SendHeaderEx>(), if wide { 32 } else { 20 });
}

#[test]
fn times_are_written_in_utc() {
    assert_eq!(timestamp(0), "1970-01-01T00:00:00");
    assert_eq!(timestamp(951_782_399), "2000-02-28T23:59:59");
    assert_eq!(timestamp(951_782_400), "2000-02-29T00:00:00");
    assert_eq!(timestamp(1_709_251_199), "2024-02-29T23:59:59");
    assert_eq!(timestamp(1_735_689_600), "2025-01-01T00:00:00");
    assert_eq!(timestamp(4_107_542_400), "2100-03-01T00:00:00");
}

#[test]
fn nothing_hidden_stands_in_visible_text() {
    let colour = "red \u{1b}[31m, \u{9b}31m and back\u{8}\u{7f}";
    assert_eq!(visible::lines(colour), r"red \u{1b}[31m, \u{9b}31m and back\u{8}\u{7f}");
    assert_eq!(visible::lines("a\r\nb\tc\rd\n\ne"), "a\nb\tc\\rd\n\ne");
    let reversed = "\u{202e}nimda\u{202c}\u{2066}x\u{2069}\u{200f}\u{61c}";
    assert_eq!(visible::lines(reversed), r"\u{202e}nimda\u{202c}\u{2066}x\u{2069}\u{200f}\u{61c}");
    let unseen = "a\u{200b}b\u{ad}c\u{feff}d\u{e0041}e\u{2060}f\u{180e}";
    assert_eq!(visible::lines(unseen), r"a\u{200b}b\u{ad}c\u{feff}d\u{e0041}e\u{2060}f\u{180e}");
    assert_eq!(
        visible::lines("one\u{2028}two\u{2029}three\u{85}four"),
        r"one\u{2028}two\u{2029}three\u{85}four"
    );
    for plain in ["jörg łukasz", "日本 עברית عربي", "a\\b \"c\" 'd' é\u{301}", "🦀"] {
        assert_eq!(visible::lines(plain), plain);
    }
}

#[cfg(not(windows))]
#[test]
fn drives_stand_for_folders() {
    use kallithea_bridge_isapi::paths::mapped;
    let local = |path, drives| mapped(path, drives).to_string_lossy().into_owned();
    assert_eq!(local(r"C:\inetpub\my.ini", "C:=/some/folder"), "/some/folder/inetpub/my.ini");
    assert_eq!(local(r"c:\a b\c", "D:=/other;C:=/some/"), "/some/a b/c");
    assert_eq!(local(r"C:\", "C:=/some"), "/some/");
    assert_eq!(local(r"D:\a", "C:=/some"), r"D:\a");
    assert_eq!(local(r"\\server\share\a", r"\\server\share=/mnt"), "/mnt/a");
    assert_eq!(local("/already/local", ""), "/already/local");
}
