//! The codes: stable names of the kinds of problem. A code is never given a second meaning.
//!
//! `KI1xx` the file and its YAML, `KI2xx` the schema, `KI3xx` the rules across keys, `KI4xx` a deployment in a
//! server's configuration, `KI5xx` a configuration file by itself, `KI6xx` Kallithea's ini file.

use super::Severity;

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $summary:literal,)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $name,)*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable name, such as `KI201`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => concat!("KI", $number),)* }
            }

            /// How bad a problem of this kind is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// What the kind of problem is, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary,)* }
            }

            /// Its explanation, as it stands in `explanations/`: a code without one does not compile.
            pub(super) fn explanation(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("explanations/KI", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    YamlSyntax = "101" Error "The file is not YAML.",
    NotText = "102" Error "The file is not UTF-8 text.",
    TooLarge = "103" Error "The file is larger than any deployment.",
    TooDeep = "104" Error "The file is nested deeper than any deployment.",
    TooManyValues = "105" Error "The file expands to more values than any deployment.",
    SeveralDocuments = "106" Error "The file holds more than one YAML document.",
    EmptySpec = "107" Error "The file holds nothing.",
    DuplicateKey = "108" Error "A key stands twice in one mapping.",
    UnsupportedYaml = "109" Error "The file uses a feature of YAML that a spec has no use for.",
    FileName = "110" Error "The file's name cannot stand in what is made of it.",

    UnknownKey = "201" Error "A key that the spec does not have.",
    MissingKey = "202" Error "A key that must be given is missing.",
    WrongType = "203" Error "A value of the wrong type.",
    UnknownValue = "204" Error "A value that is none of those allowed.",
    OutOfRange = "205" Error "A number, a text or a list that is too small or too large.",
    BadForm = "206" Error "A text that does not have the form that its key needs.",
    RepeatedItem = "207" Error "A list says the same thing twice.",
    WrongApiVersion = "208" Error "The spec is written for another version of its format.",

    BasicWithoutTls = "301" Error "Basic authentication without TLS sends passwords in the clear.",
    AnonymousWithAuthentication = "302" Error "IIS prefers anonymous authentication, so that nobody is ever signed on.",
    BitnessMismatch = "303" Error "Python, the bridge and the application pool do not have the same bitness.",
    HttpsWithoutCertificate = "304" Error "An https binding has no certificate.",
    CertificateWithoutHttps = "305" Error "A certificate or SNI on a binding that is not https.",
    TlsWithoutHttps = "306" Error "TLS is required and the site has no https binding.",
    SameAddress = "307" Error "Two bindings listen on one address.",
    SpoofableHeader = "308" Error "Who a user is, is taken from a header that any client can send.",
    BadVirtualDirectory = "309" Error "The virtual directory's path is not one that IIS takes.",
    BadSiteName = "310" Error "The site's name is not one that IIS takes.",
    BadPoolName = "311" Error "The application pool's name is not one that IIS takes.",
    BadPath = "312" Error "A path is not an absolute Windows path.",
    PythonVersion = "313" Error "No version of Python that the bridge and Kallithea both run on.",
    TooNewForTarget = "314" Error "The target's IIS does not have this feature yet.",
    Iis6 = "315" Error "IIS 6 cannot run a supported Python.",
    BodyLimitTooLarge = "316" Error "The body limit is above what IIS can hold.",
    BodyLimitTooSmall = "317" Warning "The body limit is below IIS's own default: pushes will fail.",
    SecretInSpec = "318" Error "A secret stands in the spec.",
    Interpolation = "319" Error "Nothing is interpolated in a spec.",
    ExistingPool = "320" Error "A key that changes an application pool that this deployment does not own.",
    ExistingSite = "321" Error "What the spec says of a site and whether it exists do not fit together.",
    UnknownSection = "322" Error "A section that cannot be unlocked for a web.config.",
    IdentityUserName = "323" Error "The pool's account and its kind do not fit together.",
    ModeMismatch = "324" Error "A section of another authentication mode.",
    StrictTransportWithoutTls = "325" Error "Strict-Transport-Security on a site without TLS.",
    LostOnTarget = "326" Warning "The target's IIS lacks something that the outputs would have used.",
    SniWithoutHostName = "327" Error "Server Name Indication without a host name.",
    BadEnvironmentVariable = "328" Error "A name that no environment variable can have.",
    PlainLdap = "329" Warning "Passwords cross the network to the directory in the clear.",
    PublicFolder = "330" Error "A folder that IIS serves holds something that it must not serve.",
    BadAddress = "332" Error "A binding's address is not an IP address.",
    UnsetIdentityKey = "333" Error "A user's name is taken from an environ key that the bridge never sets.",
    ControlCharacter = "334" Error "A text holds a line break, or another character that nobody sees.",
    TooOldForPython = "335" Warning "The target's Windows runs no Python that the bridge supports.",
    BadProxy = "336" Error "A trusted proxy that is no address, or everybody.",
    ManyThreads = "337" Warning "More requests run at once than Kallithea has database connections.",
    FarmNodes = "338" Error "A farm of fewer than two nodes, or of two that have one name or address.",
    FarmDatabase = "339" Error "The nodes of a farm do not share a database.",
    FarmRepositories = "340" Error "The repositories of a farm lie on a drive that each node has for itself.",
    FarmHostName = "341" Error "The front of a farm has no host name of its own.",
    FarmIdentity = "342" Error "Windows authentication in a farm whose nodes have no account in common.",
    WindowsThroughProxy = "343" Error "A way of signing on by Windows that a front server or another proxy breaks.",
    FarmProxy = "344" Error "The front of a farm is no trusted proxy.",
    FarmAddress = "345" Error "The nodes do not listen where the front of the farm asks.",
    FarmMixedFront = "346" Error "The front of a farm takes https and http alike, which Kallithea cannot tell apart behind it.",
    BadDomain = "347" Error "A name that no Windows domain has.",
    OneAccountForSeveral = "348" Warning "Users of several domains share Kallithea's accounts.",
    PasswordsWithoutTls = "350" Warning "Kallithea asks for passwords on a connection without TLS.",
    WritableProgram = "351" Error "A folder that Kallithea writes into holds a part of the program.",
    DatabaseDriver = "352" Error "No driver of the database is there for this Python.",
    LongDomain = "370" Warning "A domain is named as no user's name has it.",
    KerberosInKernelMode = "375" Error "Kerberos by itself is no provider where Windows checks tickets in the kernel.",
    ExtendedProtection = "376" Error "Extended protection that checks nothing, or that no client can meet.",
    SameName = "383" Warning "Two specs have one deployment name.",
    SamePool = "384" Warning "Two specs run in one application pool.",
    NoPlainFile = "386" Error "Something that is no plain file of ours stands where one is to be written.",
    ForeignFile = "387" Error "A file, a folder or a link that belongs to somebody else is in the way.",

    OpenFolder = "388" Error "A folder that others may write into would hold what they must not change.",
    AnotherRun = "389" Error "Another run writes the same file or folder.",

    MalformedConfig = "401" Error "The server's configuration is not XML that IIS reads.",
    NotOurs = "402" Error "A node of the server's configuration that this deployment did not make.",
    BindingTaken = "403" Error "Another site listens on a binding of the spec.",
    SiteIdTaken = "404" Error "The server knows the site by another number, or the number as another site's.",
    PoolMissing = "405" Error "The application pool that the spec says is there is not.",
    SiteMissing = "406" Error "The site or application that is said to be there is not.",
    SectionTaken = "407" Error "Another location decides the same section for the same path.",
    ModuleMissing = "408" Error "A role service of IIS that the deployment needs is not installed.",
    SectionLocked = "409" Error "The server locks a section that the compiled web.config holds.",
    SectionUnlocked = "410" Warning "The server has unlocked a section that the spec takes for locked.",
    ForeignContent = "411" Error "A node of this deployment holds something that it did not make.",
    NotHostConfig = "412" Error "The file is no server's applicationHost.config.",
    NameTaken = "413" Error "Another deployment on the server has this one's name.",
    OrphanComment = "414" Warning "A comment of this deployment's does not stand before its node.",
    PoolTaken = "415" Error "Another deployment runs in this one's application pool.",
    NotPruned = "416" Error "A node of this deployment is no longer in the spec, and nobody said to delete it.",
    UnmarkedTwin = "417" Error "What is to be removed is there, and no comment says that this deployment made it.",
    SectionElsewhere = "418" Error "A section that the deployment belongs in stands elsewhere, or encrypted.",

    ConfigSyntax = "501" Error "A configuration file is not XML that IIS reads.",
    ConfigRoot = "502" Error "The root element is not `<configuration>`.",
    ConfigUnknownSection = "503" Error "A section that IIS does not know.",
    ConfigTooNew = "504" Error "A section, an element or an attribute that the version of IIS does not have yet.",
    ConfigRepeated = "505" Error "A section, an element or an attribute stands twice where it may stand once.",
    ConfigLocked = "506" Error "A web.config holds a section that is locked: 500.19.",
    ConfigServerOnly = "507" Error "A section that only applicationHost.config may hold, or only for the whole server.",
    ConfigUnknownElement = "508" Error "An element that its section does not have.",
    ConfigUnknownAttribute = "509" Error "An attribute that its element does not have.",
    ConfigStrayText = "510" Error "Text where only elements belong.",
    ConfigMissingAttribute = "511" Error "An attribute that its element needs is missing.",
    ConfigBadValue = "512" Error "A value that its attribute does not take.",
    ConfigOutOfRange = "513" Error "A number or a span of time that is out of its attribute's bounds.",
    ConfigRepeatedKey = "514" Error "Two entries of a collection have one key.",
    ConfigLocation = "515" Error "A `<location>` that stands or leads where it may not.",

    IniSyntax = "601" Error "A line of the ini file that Python does not read.",
    IniNotKallithea = "602" Error "The ini file has no section `[app:main]`.",
    IniRepeated = "603" Error "A section or a key stands twice in the ini file.",
    IniOverruled = "604" Error "The ini file gives a key of the deployment's in another place, too, and that counts.",
    IniPercent = "605" Error "A percent sign of the ini file that Python does not read.",
    IniEncoding = "606" Error "The ini file is in an encoding that Python does not read there.",
    IniCase = "607" Error "A key of the deployment's stands in the ini file in other upper and lower case.",
    IniNotAscii = "608" Warning "The ini file holds letters that its two readers read differently.",
    IniDatabasePercent = "609" Error "The database's address in the ini file holds a percent sign, with which Kallithea does not start.",
    IniDatabase = "610" Error "An address of a database in the ini file is missing, or is not that of the deployment's.",
    IniAmbiguous = "611" Error "The ini file has two sections that PasteDeploy takes for the application.",
    IniLogging = "612" Warning "Kallithea's log does not reach the bridge's as plain text.",
    IniShortSecret = "613" Warning "A secret of the ini file is short.",
}
