/// One of a closed list of words that stand in a file.
pub trait Word: Copy + Sized + 'static {
    /// Every word, in the order of the declaration.
    const ALL: &'static [Self];

    /// The word as it stands in a file.
    fn name(self) -> &'static str;
}

/// Declares an enum whose variants are the words of a closed list.
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$about_word:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$about_word])* $variant,)+
        }

        impl $crate::retention::word::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::retention::word::Word::name(*self))
            }
        }
    };
}

pub(super) use words;
