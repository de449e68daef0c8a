//! Checks a built library for what IIS needs.
//!
//! In: a library's bytes, the target it was built for, whether it may import Python. Out: what it exports and imports,
//! or the fault that would prevent it from loading on the server. Absent: loading it here.

use std::fmt;

use object::LittleEndian;
use object::pe::{IMAGE_FILE_DLL, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_I386};
use object::read::pe::{ImageNtHeaders, PeFile, PeFile32, PeFile64};
use object::{FileKind, Object, ObjectSymbol};

use super::{Architecture, Target};

/// What IIS looks for in an extension.
const EXPORTS: [&str; 3] = ["GetExtensionVersion", "HttpExtensionProc", "TerminateExtension"];

/// The Python library that provides the stable interface for every version.
const STABLE_PYTHON: &str = "python3.dll";

/// The libraries that every supported Windows includes, without any redistributable.
const WINDOWS_LIBRARIES: [&str; 22] = [
    "advapi32.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "combase.dll",
    "crypt32.dll",
    "dbghelp.dll",
    "kernel32.dll",
    "kernelbase.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "secur32.dll",
    "shell32.dll",
    "shlwapi.dll",
    "synchronization.dll",
    "ucrtbase.dll",
    "user32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// Whether a library is bound to Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonImport {
    /// It must load on a server whose Python is missing.
    None,
    /// It imports `python3.dll`, and no library of a specific version.
    Stable,
}

/// What the check of a valid library showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// A Windows library.
    Windows {
        /// The names that it exports, sorted.
        exports: Vec<String>,
        /// The libraries that it imports, sorted.
        imports: Vec<String>,
    },
    /// A shared object of this machine; only its exports were checked.
    SharedObject {
        /// The names that it exports, sorted.
        exports: Vec<String>,
    },
    /// A kind of library that is not checked.
    Unchecked,
}

/// What is wrong with a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read as a library.
    Unreadable(String),
    /// It is for another processor.
    WrongMachine {
        /// The processor's number in the file.
        found: u16,
        /// The required processor.
        wanted: Architecture,
    },
    /// It is a program.
    NotALibrary,
    /// Its exports are not exactly the three functions.
    WrongExports(Vec<String>),
    /// It imports libraries that the server may not have.
    ForeignImports(Vec<String>),
    /// It does not import Python although it must.
    NoPython,
}

/// Checks a library for what IIS needs.
pub(super) fn inspect(bytes: &[u8], target: &Target, python: PythonImport) -> Result<Inspection, Fault> {
    let Some(wanted) = target.architecture.filter(|_| target.is_windows()) else {
        return inspect_host(bytes);
    };
    match FileKind::parse(bytes).map_err(unreadable)? {
        FileKind::Pe64 => inspect_windows(&PeFile64::parse(bytes).map_err(unreadable)?, wanted, python),
        FileKind::Pe32 => inspect_windows(&PeFile32::parse(bytes).map_err(unreadable)?, wanted, python),
        _ => Err(Fault::Unreadable("it is not a Windows file".to_owned())),
    }
}

fn unreadable(error: object::Error) -> Fault {
    Fault::Unreadable(error.to_string())
}

fn inspect_windows<Headers: ImageNtHeaders>(
    file: &PeFile<'_, Headers>,
    wanted: Architecture,
    python: PythonImport,
) -> Result<Inspection, Fault> {
    let header = file.nt_headers().file_header();
    let found = header.machine.get(LittleEndian);
    let machine = match wanted {
        Architecture::X64 => IMAGE_FILE_MACHINE_AMD64,
        Architecture::X86 => IMAGE_FILE_MACHINE_I386,
    };
    if found != machine {
        return Err(Fault::WrongMachine { found: found.0, wanted });
    }
    if !header.characteristics.get(LittleEndian).contains(IMAGE_FILE_DLL) {
        return Err(Fault::NotALibrary);
    }
    let exports = exactly_the_three(windows_exports(file).map_err(unreadable)?)?;
    let imports = windows_imports(file).map_err(unreadable)?;
    let is_python =
        |name: &String| python == PythonImport::Stable && name.eq_ignore_ascii_case(STABLE_PYTHON);
    let foreign: Vec<String> =
        imports.iter().filter(|name| !is_of_windows(name) && !is_python(name)).cloned().collect();
    if !foreign.is_empty() {
        return Err(Fault::ForeignImports(foreign));
    }
    if python == PythonImport::Stable && !imports.iter().any(is_python) {
        return Err(Fault::NoPython);
    }
    Ok(Inspection::Windows { exports, imports })
}

/// The names that a Windows library exports; an export without a name appears as its number.
fn windows_exports<Headers: ImageNtHeaders>(file: &PeFile<'_, Headers>) -> object::Result<Vec<String>> {
    let Some(table) = file.export_table()? else { return Ok(Vec::new()) };
    let name = |export: object::read::pe::Export<'_>| match export.name {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => format!("#{}", export.ordinal),
    };
    Ok(table.exports()?.into_iter().map(name).collect())
}

/// The libraries that a Windows library imports, including those of delayed loading.
fn windows_imports<Headers: ImageNtHeaders>(file: &PeFile<'_, Headers>) -> object::Result<Vec<String>> {
    let mut names = Vec::new();
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            names.push(table.name(descriptor.name.get(LittleEndian))?);
        }
    }
    let (data, sections) = (file.data(), file.section_table());
    if let Some(table) = file.data_directories().delay_load_import_table(data, &sections)? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            names.push(table.name(descriptor.dll_name_rva.get(LittleEndian))?);
        }
    }
    let mut names: Vec<String> =
        names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.sort();
    Ok(names)
}

fn is_of_windows(library: &str) -> bool {
    let name = library.to_ascii_lowercase();
    name.starts_with("api-ms-win-") || WINDOWS_LIBRARIES.contains(&name.as_str())
}

/// A Linux library's exports; those of other systems are not checked.
fn inspect_host(bytes: &[u8]) -> Result<Inspection, Fault> {
    if !bytes.starts_with(b"\x7fELF") {
        return Ok(Inspection::Unchecked);
    }
    let file = object::File::parse(bytes).map_err(unreadable)?;
    let defined = file.dynamic_symbols().filter(|symbol| symbol.is_definition() && symbol.is_global());
    let names = defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect();
    Ok(Inspection::SharedObject { exports: exactly_the_three(names)? })
}

fn exactly_the_three(mut exports: Vec<String>) -> Result<Vec<String>, Fault> {
    exports.sort();
    if exports == EXPORTS { Ok(exports) } else { Err(Fault::WrongExports(exports)) }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(formatter, "it cannot be read as a library: {error}"),
            Self::WrongMachine { found, wanted } => {
                write!(formatter, "it is for machine {found:#06x}, but the deployment is {wanted}")
            }
            Self::NotALibrary => formatter.write_str("it is a program, not a library"),
            Self::WrongExports(found) => write!(
                formatter,
                "it exports {}, but IIS looks for {}",
                if found.is_empty() { "nothing".to_owned() } else { found.join(", ") },
                EXPORTS.join(", ")
            ),
            Self::ForeignImports(found) => {
                write!(formatter, "it imports {}, which is not a part of Windows", found.join(", "))
            }
            Self::NoPython => write!(formatter, "it does not import {STABLE_PYTHON}"),
        }
    }
}
