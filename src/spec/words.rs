//! Enumerations whose words are somebody else's: IIS's, Kallithea's. Each word is written once, and serves the spec, what is
//! compiled from it, what is imported, and what is said of it.

/// An enumeration with a word for each variant, and the methods by which variants become words and words become variants.
macro_rules! words {
    (
        $(#[$of_enum:meta])*
        pub enum $name:ident, $as_word:ident $(, $from_word:ident)? {
            $($(#[$of_variant:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$of_enum])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$of_variant])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that it is written as, in the spec as well.
            pub const fn $as_word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            $(
                /// What a word means; case does not count, as it does not for IIS.
                pub fn $from_word(word: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|one| one.$as_word().eq_ignore_ascii_case(word))
                }
            )?
        }
    };
}

pub(super) use words;
