use super::field;
use crate::domain::Field;
use crate::i18n::Language;

/// A label as used mid-sentence: its first letter in lower case, unless it begins with an
/// abbreviation or a German noun.
pub fn mid_sentence(text: &str, language: Language) -> String {
    let mut words = text.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let style = language.style();
    let is_small = if style.capital_nouns {
        style.lowered_words.contains(&first)
            || is_adjective(first) && second.starts_with(char::is_uppercase)
    } else {
        first.chars().skip(1).all(|sign| !sign.is_uppercase() && sign != '-')
    };
    let mut signs = text.chars();
    match signs.next() {
        Some(sign) if is_small => sign.to_lowercase().chain(signs).collect(),
        _ => text.to_owned(),
    }
}

/// A text with its first letter in upper case.
pub fn sentence_start(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().into_iter().flat_map(char::to_uppercase);
    first.chain(signs).collect()
}

/// The names of several fields mid-sentence, separated by commas.
pub fn fields(fields: &[Field], language: Language) -> String {
    let names = fields.iter().map(|it| mid_sentence(field(*it).text(language), language));
    names.collect::<Vec<_>>().join(", ")
}

fn is_adjective(word: &str) -> bool {
    word.ends_with('e') || word.ends_with("es")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Field, Language, fields, mid_sentence};

    #[test]
    fn fields_fit_into_a_sentence_of_each_language() {
        let named = [
            Field::OriginAddress,
            Field::AssignedIpv4,
            Field::Gateway,
            Field::HardwareAddress,
            Field::BytesIn,
        ];
        assert_eq!(
            Language::ALL.map(|language| fields(&named, language)),
            [
                "adresse IP d’origine, adresse IPv4 attribuée, serveur VPN, adresse matérielle \
                 (MAC), volume envoyé par le membre",
                "IP-adres van oorsprong, toegewezen IPv4-adres, VPN-server, hardwareadres (MAC), \
                 door het lid verzonden volume",
                "origin address, assigned IPv4 address, VPN server, hardware address (MAC), volume \
                 sent by the member",
                "Ursprungsadresse, zugewiesene IPv4-Adresse, VPN-Server, Hardware-Adresse (MAC), \
                 vom Mitglied gesendete Datenmenge",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_more_than_the_first_letter_changes(text in any::<String>()) {
            let rest: String = text.chars().skip(1).collect();
            for language in Language::ALL {
                let mid_sentence = mid_sentence(&text, language);
                prop_assert!(mid_sentence.ends_with(&rest));
                prop_assert_eq!(mid_sentence.to_lowercase(), text.to_lowercase());
            }
        }
    }
}
