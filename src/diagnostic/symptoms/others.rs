//! What has no status.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "login-page",
        what: "Kallithea shows its login page to somebody who is signed on to Windows",
        causes: &[
            Cause::new(
                "anonymous authentication is on, so that REMOTE_USER stays empty",
                "turn it off in IIS; the compiled <location> does",
                &["authentication.mode", "authentication.anonymousAuthentication"],
                &[Code::AnonymousWithAuthentication],
                &["route", "plan"],
            ),
            Cause::new(
                "the container plugin is not enabled, or reads another key",
                "run apply_settings.py: step 3 of the runbook",
                &["authentication.container.header"],
                &[Code::UnsetIdentityKey, Code::ModeMismatch],
                &[],
            ),
            Cause::new(
                "an internal account has the same name, which Kallithea never hands to a user of IIS",
                "rename it, or change its type in Kallithea",
                &["authentication.container.cleanUsername"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "wrong-user",
        what: "somebody is signed on as somebody else",
        causes: &[
            Cause::new(
                "a header that any client can send names the user",
                "blank the fallback; take REMOTE_USER",
                &[
                    "authentication.container.fallbackHeader",
                    "authentication.container.header",
                    "bridge.trustedProxies",
                ],
                &[Code::SpoofableHeader, Code::BadProxy],
                &[],
            ),
            Cause::new(
                "NTLM signs a connection on, and the front of a farm sends several people's requests through one",
                "take Kerberos alone: docs/farm.md",
                &["farm", "authentication.windowsAuthentication.providers"],
                &[Code::FarmWindowsAuthentication],
                &[],
            ),
            Cause::new(
                "Kallithea's cookie is older than the Windows sign-on: it goes first for pages",
                "log out in Kallithea",
                &[],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "password-asked",
        what: "the browser asks for a password again and again",
        causes: &[
            Cause::new(
                "it does not sign on by itself to a site outside of the Local intranet zone",
                "add the site to that zone by group policy",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "as for 401.1",
                "see there",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "http-links",
        what: "links and redirects begin with http: although the site is https",
        causes: &[
            Cause::new(
                "TLS ends at a proxy that is not trusted to say so",
                "name the proxy",
                &["bridge.trustedProxies"],
                &[Code::BadProxy, Code::FarmMixedFront],
                &["probe"],
            ),
            Cause::new(
                "the ini file has another canonical_url",
                "run ini: step 3 of the runbook",
                &["site.bindings"],
                &[],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "no-page",
        what: "the browser says that the site cannot be reached, and no log has a line",
        causes: &[
            Cause::new(
                "the https binding has no certificate",
                "run the runbook's netsh line",
                &["site.bindings"],
                &[Code::HttpsWithoutCertificate, Code::SniWithoutHostName, Code::CertificateWithoutHttps],
                &[],
            ),
            Cause::new(
                "another site took the binding, so that this one is stopped",
                "choose another binding",
                &["site.bindings"],
                &[Code::BindingTaken, Code::SameAddress, Code::BadAddress],
                &["plan"],
            ),
        ],
    },
    Symptom {
        name: "push-broken",
        what: "a large push or clone ends in the middle",
        causes: &[
            Cause::new(
                "the body is larger than the limit: 413.1",
                "raise the limit",
                &["requestLimits.maxAllowedContentLength"],
                &[Code::BodyLimitTooSmall],
                &["route"],
            ),
            Cause::new(
                "the worker process was recycled, and had less time to finish than the push takes",
                "recycle at night, and give it longer",
                &["applicationPool.recycling", "applicationPool.shutdownTimeLimit"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "git.exe is not on the PATH of the pool's account",
                "put it on the machine's PATH, and restart the pool",
                &["applicationPool.environmentVariables"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "slow-start",
        what: "the first visitor waits for many seconds",
        causes: &[Cause::new(
            "the worker process starts at the first request, and with it Python and Kallithea",
            "let it start with the pool",
            &["applicationPool.startMode", "applicationPool.idleTimeout", "bridge.preload"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "locked-dll",
        what: "_dispatch.dll cannot be replaced",
        causes: &[Cause::new(
            "the worker process holds it; the engine has a new name for every build, and can be copied at any time",
            "stop the pool, copy, start it: step 6 of the runbook",
            &["bridge.directory"],
            &[],
            &[],
        )],
    },
];
