//! Files as a zip or a tar, with the time of the release, the same owner and the same rights on every machine.
//!
//! In: files, in their order. Out: the archive's bytes. Absent: which files.

use std::io::{Cursor, Write};

use flate2::{Compression, GzBuilder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::Release;
use super::contents::{Entry, Kind};
use crate::workshop::Result;

/// The rights of a file on Unix.
fn mode(kind: Kind) -> u32 {
    match kind {
        Kind::Program => 0o755,
        Kind::Other => 0o644,
    }
}

/// A zip with everything in one folder.
pub fn zip(release: &Release, triple: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let trouble = |error: zip::result::ZipError| format!("the zip: {error}");
    let folder = release.file(triple, "");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .system(System::Unix)
        .last_modified_time(time(release)?);
    for entry in entries {
        let options = options.unix_permissions(mode(entry.kind));
        zip.start_file(format!("{folder}/{}", entry.path), options).map_err(trouble)?;
        zip.write_all(&entry.bytes).map_err(|error| format!("the zip: {error}"))?;
    }
    Ok(zip.finish().map_err(trouble)?.into_inner())
}

/// The release's time as a zip has it: in steps of two seconds, without a zone.
fn time(release: &Release) -> Result<DateTime> {
    let trouble = |error: &dyn std::fmt::Display| format!("{}: {error}", release.time);
    let numbers: Vec<u16> = release
        .time
        .split(|found: char| !found.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().map_err(|error| trouble(&error)))
        .collect::<Result<_>>()?;
    let [year, rest @ ..] = numbers.as_slice() else { return Err(trouble(&"not a time")) };
    let rest: Vec<u8> = rest.iter().filter_map(|&number| u8::try_from(number).ok()).collect();
    let [month, day, hour, minute, second] = rest.as_slice() else { return Err(trouble(&"not a time")) };
    DateTime::from_date_and_time(*year, *month, *day, *hour, *minute, *second)
        .map_err(|error| trouble(&error))
}

/// A tar, compressed by gzip, with everything in one folder.
pub fn tar(release: &Release, triple: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let trouble = |error: std::io::Error| format!("the tar: {error}");
    let folder = release.file(triple, "");
    let mut tar = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(mode(entry.kind));
        header.set_mtime(release.seconds);
        header.set_uid(0);
        header.set_gid(0);
        let path = format!("{folder}/{}", entry.path);
        tar.append_data(&mut header, path, &*entry.bytes).map_err(trouble)?;
    }
    tar.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(trouble)
}
