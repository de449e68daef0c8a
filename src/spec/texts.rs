//! Types that read as a text: names and paths.
//!
//! What enters: the name of a type, with its comment. What leaves: the type, which serde writes and reads as its text. Absent: how
//! a text is read and checked, which each type's `FromStr` says.

/// Types that read as their text. Empty ones, the default, stand for what is missing.
macro_rules! texts {
    ($($(#[$of_type:meta])* pub struct $name:ident;)+) => {$(
        $(#[$of_type])*
        #[derive(
            Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde_with::SerializeDisplay, serde_with::DeserializeFromStr,
        )]
        pub struct $name(String);

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        // As text in quotation marks: a message that quotes a name shows the name, and not its type.
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+};
}

pub(super) use texts;
