//! The caller's sign-on on Windows, by the security packages of Windows itself (SSPI, in secur32.dll).
//!
//! What enters: the server's name and its answers. What leaves: the tokens for it. The context is bound to the TLS channel, as extended
//! protection requires (RFC 5929, `tls-server-end-point`). Absent: passwords; Windows uses the sign-on of the process.

use std::ffi::c_void;
use std::{fmt, io, ptr, slice};

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use windows_sys::Win32::Foundation::{SEC_E_OK, SEC_I_CONTINUE_NEEDED};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, DeleteSecurityContext, FreeContextBuffer, FreeCredentialsHandle,
    ISC_REQ_ALLOCATE_MEMORY, ISC_REQ_CONNECTION, InitializeSecurityContextW, SEC_CHANNEL_BINDINGS,
    SECBUFFER_CHANNEL_BINDINGS, SECBUFFER_TOKEN, SECBUFFER_VERSION, SECPKG_CRED_OUTBOUND,
    SECURITY_NATIVE_DREP, SecBuffer, SecBufferDesc,
};
use windows_sys::Win32::Security::Credentials::SecHandle;
use x509_parser::oid_registry::{
    OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};

/// An error number of SSPI, with Windows' words for it.
#[derive(Debug)]
pub(super) struct Refusal(i32);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{:08x}, {}", self.0, io::Error::from_raw_os_error(self.0))
    }
}

/// A sign-on that is under way.
pub(super) struct Negotiation {
    credentials: SecHandle,
    context: Option<SecHandle>,
    target: Vec<u16>,
    bindings: Option<Vec<u8>>,
}

impl Negotiation {
    /// Begins a sign-on to `HTTP/host` with this package, `Negotiate` or `NTLM`. `certificate` is the server's, in DER.
    pub(super) fn begin(package: &str, host: &str, certificate: Option<&[u8]>) -> Result<Self, Refusal> {
        let mut credentials = SecHandle::default();
        let mut expiry = 0;
        // SAFETY: the name ends with a zero and outlives the call, both results are of this function, and null stands for the
        // process's own user (page `nf-sspi-acquirecredentialshandlew`).
        let code = unsafe {
            AcquireCredentialsHandleW(
                ptr::null(),
                wide(package).as_ptr(),
                SECPKG_CRED_OUTBOUND,
                ptr::null(),
                ptr::null(),
                None,
                ptr::null(),
                &raw mut credentials,
                &raw mut expiry,
            )
        };
        if code != SEC_E_OK {
            return Err(Refusal(code));
        }
        let target = wide(&format!("HTTP/{host}"));
        Ok(Self { credentials, context: None, target, bindings: certificate.map(bindings) })
    }

    /// The next token for the server; `received` is its last one, empty at the beginning.
    pub(super) fn step(&mut self, received: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut received = received.to_vec();
        let mut given = Vec::new();
        if !received.is_empty() {
            given.push(buffer(SECBUFFER_TOKEN, &mut received));
        }
        given.extend(self.bindings.as_mut().map(|bytes| buffer(SECBUFFER_CHANNEL_BINDINGS, bytes)));
        let given = description(&mut given);
        let mut made = [SecBuffer { cbBuffer: 0, BufferType: SECBUFFER_TOKEN, pvBuffer: ptr::null_mut() }];
        let mut made_description = description(&mut made);
        let former = self.context.as_ref().map_or(ptr::null(), ptr::from_ref);
        let mut context = self.context.unwrap_or_default();
        let (mut attributes, mut expiry) = (0, 0);
        // SAFETY: every pointer leads to a value of this function or of `self` that outlives the call; the lengths are those of the
        // buffers; the first call passes no context and later ones the context that the first made (page
        // `nf-sspi-initializesecuritycontextw`). ISC_REQ_ALLOCATE_MEMORY makes the package allocate the token.
        let code = unsafe {
            InitializeSecurityContextW(
                &raw const self.credentials,
                former,
                self.target.as_ptr(),
                ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION,
                0,
                SECURITY_NATIVE_DREP,
                &raw const given,
                0,
                &raw mut context,
                &raw mut made_description,
                &raw mut attributes,
                &raw mut expiry,
            )
        };
        if code != SEC_E_OK && code != SEC_I_CONTINUE_NEEDED {
            return Err(Refusal(code));
        }
        self.context = Some(context);
        Ok(taken(&made[0]))
    }
}

impl Drop for Negotiation {
    fn drop(&mut self) {
        if let Some(context) = &self.context {
            // SAFETY: the context was made by `step`, and is deleted once.
            unsafe { DeleteSecurityContext(context) };
        }
        // SAFETY: the handle was made by `begin`, and is freed once, after its context.
        unsafe { FreeCredentialsHandle(&raw const self.credentials) };
    }
}

/// Copies a token that a package has allocated, and frees it.
fn taken(token: &SecBuffer) -> Vec<u8> {
    if token.pvBuffer.is_null() {
        return Vec::new();
    }
    // SAFETY: the package has written this many bytes there.
    let bytes =
        unsafe { slice::from_raw_parts(token.pvBuffer.cast::<u8>(), token.cbBuffer as usize) }.to_vec();
    // SAFETY: the package allocated it, and nothing refers to it any more (page `nf-sspi-freecontextbuffer`).
    unsafe { FreeContextBuffer(token.pvBuffer) };
    bytes
}

fn buffer(kind: u32, bytes: &mut [u8]) -> SecBuffer {
    SecBuffer {
        cbBuffer: bytes.len() as u32,
        BufferType: kind,
        pvBuffer: bytes.as_mut_ptr().cast::<c_void>(),
    }
}

fn description(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: buffers.len() as u32,
        pBuffers: buffers.as_mut_ptr(),
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The channel's binding as SSPI takes it: a structure, and after it the prefix of RFC 5929 with the hash of the certificate.
fn bindings(certificate: &[u8]) -> Vec<u8> {
    let data = [b"tls-server-end-point:", hash(certificate).as_slice()].concat();
    let head = size_of::<SEC_CHANNEL_BINDINGS>() as u32;
    // The structure is eight numbers of 32 bits; all but the last two describe addresses, which this binding has none of.
    let numbers = [0, 0, 0, 0, 0, 0, data.len() as u32, head];
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    bytes.extend(data);
    bytes
}

/// By the hash that signed the certificate, but never by one weaker than SHA-256 (RFC 5929, section 4.1).
fn hash(certificate: &[u8]) -> Vec<u8> {
    let signed = x509_parser::parse_x509_certificate(certificate).ok();
    let signed = signed.map(|(_, parsed)| parsed.signature_algorithm.algorithm.to_owned());
    let is_one =
        |known: &[x509_parser::der_parser::Oid<'_>]| signed.as_ref().is_some_and(|own| known.contains(own));
    if is_one(&[OID_PKCS1_SHA384WITHRSA, OID_SIG_ECDSA_WITH_SHA384]) {
        Sha384::digest(certificate).to_vec()
    } else if is_one(&[OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA512]) {
        Sha512::digest(certificate).to_vec()
    } else {
        Sha256::digest(certificate).to_vec()
    }
}
