macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!($folder, "/", $name)))),*]
    };
}

/// The files of the folder `rules`, by name, with their texts: a test compares.
pub(super) const RULES: &[(&str, &str)] = &files!("rules":
    "be-gap-2021.toml",
    "be-lce-2016.toml",
    "be-lce-2022.toml",
    "fr-cpce-2012.toml",
    "fr-cpce-2021-transition.toml",
    "fr-cpce-2021.toml",
    "fr-cpce-2025.toml",
    "fr-injunction-2021.toml",
    "fr-injunction-2022.toml",
    "fr-injunction-2023.toml",
    "fr-injunction-2024.toml",
    "fr-injunction-2025.toml",
);

/// The files of the folder `profiles`, by name, with their texts: a test compares. The
/// template is only there to be copied.
pub(super) const PROFILES: &[(&str, &str)] = &files!("profiles":
    "generic-freeradius.toml",
    "generic-openvpn.toml",
    "neutrinet.toml",
);
