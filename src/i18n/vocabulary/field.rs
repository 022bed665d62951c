use crate::domain::Field;
use crate::i18n::Message;

/// What a field is called before a member. Where the law has a word, it is that one.
pub fn field(field: Field) -> &'static Message {
    match field {
        Field::OriginAddress => &Message {
            fr: "Adresse IP d’origine",
            nl: "IP-adres van oorsprong",
            en: "Origin address",
            de: "Ursprungsadresse",
        },
        Field::OriginPort => &Message {
            fr: "Port d’origine",
            nl: "Poort van oorsprong",
            en: "Origin port",
            de: "Ursprungsport",
        },
        Field::AssignedIpv4 => &Message {
            fr: "Adresse IPv4 attribuée",
            nl: "Toegewezen IPv4-adres",
            en: "Assigned IPv4 address",
            de: "Zugewiesene IPv4-Adresse",
        },
        Field::AssignedIpv6 => &Message {
            fr: "Adresse IPv6 attribuée",
            nl: "Toegewezen IPv6-adres",
            en: "Assigned IPv6 address",
            de: "Zugewiesene IPv6-Adresse",
        },
        Field::DelegatedPrefix => &Message {
            fr: "Préfixe IPv6 délégué",
            nl: "Gedelegeerd IPv6-prefix",
            en: "Delegated IPv6 prefix",
            de: "Delegiertes IPv6-Präfix",
        },
        Field::AssignedAt => &Message {
            fr: "Moment de l’attribution",
            nl: "Tijdstip van toewijzing",
            en: "Time of assignment",
            de: "Zeitpunkt der Zuweisung",
        },
        Field::SessionStart => &Message {
            fr: "Début de la session",
            nl: "Begin van de sessie",
            en: "Start of the session",
            de: "Beginn der Sitzung",
        },
        Field::SessionEnd => &Message {
            fr: "Fin de la session",
            nl: "Einde van de sessie",
            en: "End of the session",
            de: "Ende der Sitzung",
        },
        Field::EndReason => &Message {
            fr: "Motif de la fin",
            nl: "Reden van het einde",
            en: "Reason for the end",
            de: "Grund des Endes",
        },
        Field::Gateway => {
            &Message { fr: "Serveur VPN", nl: "VPN-server", en: "VPN server", de: "VPN-Server" }
        }
        Field::Transport => &Message {
            fr: "Protocole de transport",
            nl: "Transportprotocol",
            en: "Transport protocol",
            de: "Transportprotokoll",
        },
        Field::MemberIdentity => &Message {
            fr: "Identité du membre",
            nl: "Identiteit van het lid",
            en: "Identity of the member",
            de: "Identität des Mitglieds",
        },
        Field::ClientVersion => &Message {
            fr: "Version du logiciel VPN",
            nl: "Versie van de VPN-software",
            en: "Version of the VPN software",
            de: "Version der VPN-Software",
        },
        Field::ClientPlatform => &Message {
            fr: "Système de l’appareil",
            nl: "Systeem van het toestel",
            en: "System of the device",
            de: "System des Geräts",
        },
        Field::HardwareAddress => &Message {
            fr: "Adresse matérielle (MAC)",
            nl: "Hardwareadres (MAC)",
            en: "Hardware address (MAC)",
            de: "Hardware-Adresse (MAC)",
        },
        Field::BytesIn => &Message {
            fr: "Volume envoyé par le membre",
            nl: "Door het lid verzonden volume",
            en: "Volume sent by the member",
            de: "Vom Mitglied gesendete Datenmenge",
        },
        Field::BytesOut => &Message {
            fr: "Volume reçu par le membre",
            nl: "Door het lid ontvangen volume",
            en: "Volume received by the member",
            de: "Vom Mitglied empfangene Datenmenge",
        },
        Field::Content => &Message {
            fr: "Contenu des communications",
            nl: "Inhoud van de communicatie",
            en: "Content of communications",
            de: "Inhalt der Kommunikation",
        },
    }
}
