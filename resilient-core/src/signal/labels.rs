//! Enums whose variants have labels, for metrics, logs and messages.

/// Defines an enum whose variants have labels: `as_str` returns the label, `Display` writes it, and
/// `ALL` lists the variants.
macro_rules! labels {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $label:literal,)+ }
        $(#[$label_doc:meta])*
        pub fn as_str;
        $(#[$all_doc:meta])*
        $all:vis const ALL: $count:literal;
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            $(#[$all_doc])*
            $all const ALL: [Self; $count] = [$(Self::$variant),+];

            $(#[$label_doc])*
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::signal::{CircuitState, StopReason, TimeLimit, TransitionReason};

    #[test]
    fn no_two_variants_have_the_same_label() {
        for labels in [
            CircuitState::ALL.map(CircuitState::as_str).to_vec(),
            StopReason::ALL.map(StopReason::as_str).to_vec(),
            TimeLimit::ALL.map(TimeLimit::as_str).to_vec(),
            TransitionReason::ALL.map(TransitionReason::as_str).to_vec(),
        ] {
            let distinct: std::collections::BTreeSet<_> = labels.iter().collect();
            assert_eq!(distinct.len(), labels.len());
        }
    }
}
