//! How hosts other than IIS fill a control block, return server variables, and refuse requests.
//!
//! In: what a script asks for. Out: the same settings, read where the host answers a bridge. Absent: what a host cannot do at
//! all, which is in `abilities`.

use serde::Deserialize;

use super::block::{self, ControlBlock};
use super::protocol::Request;

/// Which host's habits a script starts with; its other keys override them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// IIS 10.
    #[default]
    Iis,
    /// Apache's mod_isapi without its `ISAPIFakeAsync`, according to its source (`modules/arch/win32/mod_isapi.c`).
    ModIsapi,
}

/// Those requests of ServerSupportFunction known to this host that mod_isapi answers with ERROR_INVALID_PARAMETER.
const UNKNOWN_TO_MOD_ISAPI: [&str; 13] = [
    "DONE_WITH_SESSION",
    "IO_COMPLETION",
    "ASYNC_READ_CLIENT",
    "GET_IMPERSONATION_TOKEN",
    "ABORTIVE_CLOSE",
    "CLOSE_CONNECTION",
    "IS_IN_PROCESS",
    "REPORT_UNHEALTHY",
    "VECTOR_SEND",
    "GET_TRACE_INFO",
    "SET_FLUSH_FLAG",
    "RAISE_TRACE_EVENT",
    "CANCEL_IO",
];

/// Those variables known to this host that are not CGI variables and that mod_isapi does not add.
const NO_VARIABLES_OF_CGI: [&str; 14] = [
    "UNICODE_*",
    "HEADER_*",
    "UNENCODED_URL",
    "HTTP_URL",
    "APPL_MD_PATH",
    "APPL_PHYSICAL_PATH",
    "INSTANCE_ID",
    "INSTANCE_META_PATH",
    "AUTH_USER",
    "LOGON_USER",
    "AUTH_PASSWORD",
    "HTTP_VERSION",
    "LOCAL_ADDR",
    "REQUEST_FLAGS",
];

impl Server {
    /// The requests of ServerSupportFunction that the server refuses.
    pub(super) fn refused(self) -> &'static [&'static str] {
        match self {
            Self::Iis => &[],
            Self::ModIsapi => &UNKNOWN_TO_MOD_ISAPI,
        }
    }

    /// Changes a request into what this server would have read.
    pub(super) fn adopt(self, request: &mut Request) {
        if self == Self::Iis {
            return;
        }
        request.software.get_or_insert_with(|| "Apache/2.4.62 (Win64)".into());
        // PATH_INFO begins after the extension's own path, which is the application's path.
        let script_name = request.script_name.get_or_insert_default();
        let path = request.url.split('?').next().unwrap_or_default();
        request.path_info &= path != script_name.as_str();
        request.missing.extend(NO_VARIABLES_OF_CGI.map(Into::into));
        let absent = [
            ("HTTPS", !request.https),
            ("AUTH_TYPE", request.auth_type.is_empty()),
            ("REMOTE_USER", request.user.is_empty()),
            ("PATH_INFO", !request.path_info),
        ];
        request
            .missing
            .extend(absent.iter().filter(|(_, is_absent)| *is_absent).map(|(name, _)| (*name).into()));
    }
}

/// How a host returns server variables.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VariableHabits {
    /// How it counts sizes.
    pub sizes: Sizes,
    /// The error for a variable that the host does not know.
    pub unknown_error: u32,
    /// The error for a buffer that is too small.
    pub small_error: u32,
}

impl Default for VariableHabits {
    fn default() -> Self {
        Self {
            sizes: Sizes::Bytes,
            unknown_error: block::ERROR_INVALID_INDEX,
            small_error: block::ERROR_INSUFFICIENT_BUFFER,
        }
    }
}

/// How a host states a variable's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizes {
    /// In bytes with the terminator, as IIS does.
    #[default]
    Bytes,
    /// In bytes without the terminator.
    WithoutTerminator,
    /// In characters with the terminator: half the bytes in UTF-16.
    Letters,
    /// Not at all: the size stays as the extension set it.
    Unsaid,
}

impl Sizes {
    /// The size that the host returns for a value of that many bytes.
    pub(super) fn said(self, bytes: usize, is_wide: bool, before: u32) -> u32 {
        let unit = if is_wide { 2 } else { 1 };
        match self {
            Self::Bytes => bytes as u32,
            Self::WithoutTerminator => (bytes - unit) as u32,
            Self::Letters => (bytes / unit) as u32,
            Self::Unsaid => before,
        }
    }
}

/// What a host writes into a control block differently from IIS.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlockHabits {
    /// `cbSize`, if it is not the structure's real size.
    pub size: Option<u32>,
    /// `dwVersion`, if it is not 8.0.
    pub version: Option<u32>,
    /// The fields that are NULL.
    pub null: Vec<Field>,
}

/// A pointer in a control block, by its name in httpext.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names are httpext.h's")]
pub enum Field {
    #[serde(rename = "lpszMethod")]
    Method,
    #[serde(rename = "lpszQueryString")]
    QueryString,
    #[serde(rename = "lpszPathInfo")]
    PathInfo,
    #[serde(rename = "lpszPathTranslated")]
    PathTranslated,
    #[serde(rename = "lpbData")]
    Available,
    #[serde(rename = "lpszContentType")]
    ContentType,
    #[serde(rename = "GetServerVariable")]
    GetServerVariable,
    #[serde(rename = "WriteClient")]
    WriteClient,
    #[serde(rename = "ReadClient")]
    ReadClient,
    #[serde(rename = "ServerSupportFunction")]
    ServerSupportFunction,
}

impl BlockHabits {
    /// The block as this host fills it.
    pub(super) fn apply(&self, mut block: ControlBlock) -> ControlBlock {
        block.size = self.size.unwrap_or(block.size);
        block.version = self.version.unwrap_or(block.version);
        for field in &self.null {
            match field {
                Field::Method => block.method = std::ptr::null(),
                Field::QueryString => block.query_string = std::ptr::null(),
                Field::PathInfo => block.path_info = std::ptr::null(),
                Field::PathTranslated => block.path_translated = std::ptr::null(),
                Field::Available => block.available = std::ptr::null(),
                Field::ContentType => block.content_type = std::ptr::null(),
                Field::GetServerVariable => block.get_server_variable = std::ptr::null(),
                Field::WriteClient => block.write_client = std::ptr::null(),
                Field::ReadClient => block.read_client = std::ptr::null(),
                Field::ServerSupportFunction => block.server_support_function = std::ptr::null(),
            }
        }
        block
    }
}
