use super::field;
use temoin_core::session::Field;
use temoin_core::text::{Language, mid_sentence};

/// The names of several fields mid-sentence, separated by commas.
pub fn fields(fields: &[Field], language: Language) -> String {
    let names = fields.iter().map(|it| mid_sentence(field(*it).text(language), language));
    names.collect::<Vec<_>>().join(", ")
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
            Language::OFFERED.map(|language| fields(&named, language)),
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
