/// An enum whose variants have stable names in files.
pub trait NamedEnum: Copy + Sized + 'static {
    /// Every variant, in declaration order.
    const ALL: &'static [Self];

    /// The name as written in a file.
    fn name(self) -> &'static str;
}

/// Declares an enum whose variants have stable names.
macro_rules! named_enum {
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

        impl $crate::law::named_enum::NamedEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::law::named_enum::NamedEnum::name(*self))
            }
        }
    };
}

pub(super) use named_enum;
