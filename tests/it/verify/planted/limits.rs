//! Faults of what IIS and the bridge let through: URLs and sizes.

use super::{Planted, on, on_intranet, seen_by_strangers};
use crate::support::iis::Fault;
use crate::verify::of_accounts_below;

/// IIS refuses URLs with this end.
fn refuses(end: &'static str, found: &'static str) -> Planted {
    let planted = on("ldap", end, Fault::RefusesUrl(end), &[]);
    Planted { found: Box::leak(Box::new([found])), ..planted }
}

pub fn of_urls() -> Vec<Planted> {
    let filtered = |from, to| Fault::Web(from, to);
    vec![
        seen_by_strangers(
            "IIS decodes twice and refuses",
            filtered("allowDoubleEscaping=\"true\"", "allowDoubleEscaping=\"false\""),
            &[
                "a URL with a plus sign",
                "a URL with an escaped plus sign",
                "a URL with an escaped percent sign",
                "a URL with a percent sign that is escaped twice",
            ],
        ),
        on_intranet(
            "web.config is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><add segment=\"web.config\"/>",
            ),
            &["a URL with a file web.config"],
        ),
        seen_by_strangers(
            "bin is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><clear/><add segment=\"bin\"/>",
            ),
            &["a URL with a folder bin"],
        ),
        on_intranet(
            "source files are denied",
            filtered(
                "<fileExtensions allowUnlisted=\"true\">\n                    <clear/>",
                "<fileExtensions allowUnlisted=\"true\"><clear/><add fileExtension=\".cs\" allowed=\"false\"/>",
            ),
            &["a URL with a source file"],
        ),
        on_intranet(
            "two dots are denied",
            filtered(
                "<denyUrlSequences>\n                    <clear/>",
                "<denyUrlSequences><add sequence=\"..\"/>",
            ),
            &["a URL with two dots"],
        ),
        on_intranet(
            "App_Data is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><add segment=\"App_Data\"/>",
            ),
            &["a URL with a folder App_Data"],
        ),
        refuses("/a.config", "a URL with a configuration file"),
        refuses("/a%20b", "a URL with a space"),
        refuses("//a", "a URL with two slashes"),
        refuses("/a%5Cb", "a URL with an escaped backslash"),
        refuses("/a.", "a URL with a dot at the end"),
        refuses("/a:b", "a URL with a colon"),
        refuses("/a::$DATA", "a URL with ::$DATA"),
        refuses("/a%2Fb", "a URL with an escaped slash"),
        refuses("/a%3Fb", "a URL with an escaped question mark"),
        refuses("/a%23b", "a URL with an escaped number sign"),
        refuses("/a;b", "a URL with a semicolon"),
        refuses("/a[b]", "a URL with square brackets"),
        on("ldap", "a drive is accepted", Fault::AcceptsUrl("/c:/a"), &["a URL with the letter of a drive"]),
        Planted {
            change: of_accounts_below,
            ..on(
                "subfolder-x86",
                "the folder leads to another server",
                Fault::Application("redirects elsewhere"),
                &["/kallithea leads to /kallithea/"],
            )
        },
        on("ldap", "a bare % is accepted", Fault::AcceptsUrl("/%zz"), &["a URL with a percent sign without"]),
        on(
            "ldap",
            "letters beyond ASCII are denied",
            filtered(
                "<requestFiltering allowDoubleEscaping=\"true\">",
                "<requestFiltering allowDoubleEscaping=\"true\" allowHighBitCharacters=\"false\">",
            ),
            &["a URL with a letter beyond ASCII"],
        ),
    ]
}

pub fn of_sizes() -> Vec<Planted> {
    let of = |name, from, to, found| seen_by_strangers(name, Fault::Web(from, to), found);
    vec![
        of("a smaller limit", "\"2147483648\"", "\"30000000\"", &["a body of 2147483648 bytes is allowed"]),
        of("a larger limit", "\"2147483648\"", "\"4294967295\"", &["a body of 2147483649 bytes is refused"]),
        on("ldap", "no limit of bodies", Fault::AcceptsAnyBody, &["a body of 4294967296 bytes is refused"]),
        on(
            "ldap",
            "IIS's own limit of bodies",
            Fault::Web("\"4294967295\"", "\"30000000\""),
            &["a body of 4294967295 bytes is allowed"],
        ),
        of(
            "shorter queries",
            "maxQueryString=\"8192\"",
            "maxQueryString=\"2048\"",
            &["a query of 8192 bytes is allowed"],
        ),
        of(
            "longer queries",
            "maxQueryString=\"8192\"",
            "maxQueryString=\"9000\"",
            &["a query of 8193 bytes is refused"],
        ),
        on_intranet(
            "forms of any size",
            Fault::Application("forms of any size"),
            &["a form of 8388609 bytes in chunks is refused"],
        ),
        on(
            "ldap",
            "a body needs a length",
            Fault::WantsLength,
            &["a form of 8388608 bytes in chunks is allowed", "a form of 8388609 bytes in chunks is refused"],
        ),
        seen_by_strangers(
            "short headers",
            Fault::MostHeaders(8192),
            &["12288 bytes of headers are accepted"],
        ),
        Planted {
            asked: &["--long-headers"],
            ..on("ldap", "headers as usual", Fault::None, &["60000 bytes of headers are accepted"])
        },
        of("shorter URLs", "maxUrl=\"8192\"", "maxUrl=\"4096\"", &["a URL of 8192 bytes is allowed"]),
        of("longer URLs", "maxUrl=\"8192\"", "maxUrl=\"9000\"", &["a URL of 8193 bytes is refused"]),
    ]
}
