use super::Language;

/// A text in each of the languages. Placeholders stand in braces: `{count}`.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// French.
    pub fr: &'static str,
    /// Dutch.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
    /// German.
    pub de: &'static str,
}

impl Message {
    /// The text in one language.
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::French => self.fr,
            Language::Dutch => self.nl,
            Language::English => self.en,
            Language::German => self.de,
        }
    }

    /// The text in one language with its placeholders replaced.
    pub fn fill(&self, language: Language, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(language);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            debug_assert!(value.is_some(), "no value for {{{name}}}");
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }
}

/// What an erasure cannot reach.
pub const OUT_OF_REACH: Message = Message {
    fr: "Ce qui est effacé n’est plus dans aucun fichier de temoin. Hors de sa portée : les copies que la carte mémoire garde pour s’user moins vite, vos sauvegardes, et le journal du système, où restent des identifiants et des heures, jamais d’adresse.",
    nl: "Wat gewist is, staat in geen enkel bestand van temoin meer. Buiten bereik: kopieën die de geheugenkaart bijhoudt om trager te slijten, uw back-ups, en het logboek van het systeem, waarin ID’s en tijden blijven staan, nooit adressen.",
    en: "What is erased is in no file of temoin’s any more. Out of its reach: copies that the memory card keeps in order to wear out more slowly, your backups, and the system’s log, in which IDs and times remain, never addresses.",
    de: "Was gelöscht ist, steht in keiner Datei von temoin mehr. Außer Reichweite: Kopien, die die Speicherkarte behält, um langsamer zu verschleißen, Ihre Sicherungen und das Protokoll des Systems, in dem IDs und Zeiten bleiben, nie Adressen.",
};

#[cfg(test)]
mod tests {
    use super::{Language, Message};

    #[test]
    fn placeholders_are_replaced_once_and_not_inside_what_replaced_them() {
        let message = Message { fr: "{a} et {b}", nl: "{b}", en: "{a}, {b}.", de: "" };
        let filled = message.fill(Language::English, &[("a", "{b}"), ("b", "two")]);
        assert_eq!(filled, "{b}, two.");
        assert_eq!(message.fill(Language::Dutch, &[("b", "x")]), "x");
    }
}
