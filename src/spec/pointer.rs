//! Places in a spec as JSON pointers (RFC 6901), made from the fields of its types.
//!
//! A path of fields enters, and a [`Pointer`] leaves. A key that the spec does not have does not compile, and one that is
//! renamed takes its pointers along. Absent: where in a file a place is, which the value tree knows.

use std::fmt;

/// A place in a spec. It reads as the text of a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(String);

impl Pointer {
    /// The whole spec.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// The key of this place that a field of its type is, by the field's name. `pointer!` sees to it that
    /// there is one.
    pub fn field(&self, name: &str) -> Self {
        let mut words = name.trim_start_matches("r#").split('_');
        let mut key = words.next().unwrap_or_default().to_owned();
        // As serde's `camelCase`.
        for word in words {
            let mut letters = word.chars();
            key.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            key.push_str(letters.as_str());
        }
        Self(format!("{}/{key}", self.0))
    }

    /// The entry of this list at an index, from 0.
    pub fn entry(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The key that the pointer ends in.
    pub fn key(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The section of the spec that the place is in.
    pub fn section(&self) -> Self {
        let end = self.0.match_indices('/').nth(1).map_or(self.0.len(), |(at, _)| at);
        Self(self.0[..end].to_owned())
    }
}

impl AsRef<str> for Pointer {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The [`Pointer`] of a place in a spec, by the fields that lead there: `pointer!(tls.required)`.
///
/// `?` stands behind a field that may be left out, and `[index]` behind a list: `pointer!(farm?.front.bindings[0].protocol)`.
/// Within a place that is known already, the type of what is there comes first: `pointer!(place => BindingSpec.port)`.
macro_rules! pointer {
    (@exists ($within:expr)) => { { let _ = &$within; } };
    (@exists ($within:expr) ? $($path:tt)*) => {
        if let Some(within) = &$within { $crate::spec::pointer!(@exists (within) $($path)*) }
    };
    (@exists ($within:expr) [$index:expr] $($path:tt)*) => {
        if let Some(within) = $within.first() { $crate::spec::pointer!(@exists (within) $($path)*) }
    };
    (@exists ($within:expr) . $field:ident $($path:tt)*) => {
        $crate::spec::pointer!(@exists ($within.$field) $($path)*)
    };
    (@write ($place:expr)) => { $place };
    (@write ($place:expr) ? $($path:tt)*) => { $crate::spec::pointer!(@write ($place) $($path)*) };
    (@write ($place:expr) [$index:expr] $($path:tt)*) => {
        $crate::spec::pointer!(@write ($place.entry($index)) $($path)*)
    };
    (@write ($place:expr) . $field:ident $($path:tt)*) => {
        $crate::spec::pointer!(@write ($place.field(stringify!($field))) $($path)*)
    };
    ($place:expr => $kind:ident . $($path:tt)+) => {{
        // It never runs: it is there to be compiled.
        let _ = |within: &$crate::spec::$kind| $crate::spec::pointer!(@exists (within) . $($path)+);
        $crate::spec::pointer!(@write ($place) . $($path)+)
    }};
    ($($path:tt)+) => { $crate::spec::pointer!($crate::spec::Pointer::root() => Spec . $($path)+) };
}

pub(crate) use pointer;

#[cfg(test)]
mod tests {
    #[test]
    fn a_pointer_is_that_of_the_keys_that_the_fields_are() {
        let index = 3;
        for (pointer, text) in [
            (pointer!(tls), "/tls"),
            (pointer!(api_version), "/apiVersion"),
            (pointer!(application_pool.enable_32_bit_app_on_win64), "/applicationPool/enable32BitAppOnWin64"),
            (pointer!(application_pool.identity?.r#type), "/applicationPool/identity/type"),
            (pointer!(farm?.front.bindings[index].host_name), "/farm/front/bindings/3/hostName"),
            (
                pointer!(pointer!(site.bindings[0]) => BindingSpec.certificate?.store),
                "/site/bindings/0/certificate/store",
            ),
        ] {
            assert_eq!(pointer.as_ref(), text);
        }
        assert_eq!(pointer!(farm?.nodes[7].name).key(), "name");
        assert_eq!(pointer!(farm?.nodes[7].name).section(), pointer!(farm));
    }
}
