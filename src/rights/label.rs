use crate::domain::Field;
use crate::i18n::Message;

/// What a field is called in a letter and in a comparison.
pub fn field_label(field: Field) -> Message {
    match field {
        Field::OriginAddress => Message {
            fr: "adresse IP d'origine",
            nl: "IP-adres van oorsprong",
            en: "origin address",
            de: "Ursprungsadresse",
        },
        Field::OriginPort => Message {
            fr: "port d'origine",
            nl: "poort van oorsprong",
            en: "origin port",
            de: "Ursprungsport",
        },
        Field::AssignedIpv4 => Message {
            fr: "adresse IPv4 attribuée",
            nl: "toegewezen IPv4-adres",
            en: "assigned IPv4 address",
            de: "zugewiesene IPv4-Adresse",
        },
        Field::AssignedIpv6 => Message {
            fr: "adresse IPv6 attribuée",
            nl: "toegewezen IPv6-adres",
            en: "assigned IPv6 address",
            de: "zugewiesene IPv6-Adresse",
        },
        Field::DelegatedPrefix => Message {
            fr: "préfixe IPv6 délégué",
            nl: "gedelegeerd IPv6-prefix",
            en: "delegated IPv6 prefix",
            de: "delegiertes IPv6-Präfix",
        },
        Field::AssignedAt => Message {
            fr: "horodatage de l'attribution",
            nl: "tijdstip van toewijzing",
            en: "time of assignment",
            de: "Zeitpunkt der Zuweisung",
        },
        Field::SessionStart => Message {
            fr: "début de la session",
            nl: "begin van de sessie",
            en: "start of the session",
            de: "Beginn der Sitzung",
        },
        Field::SessionEnd => Message {
            fr: "fin de la session",
            nl: "einde van de sessie",
            en: "end of the session",
            de: "Ende der Sitzung",
        },
        Field::EndReason => Message {
            fr: "motif de la fin",
            nl: "reden van het einde",
            en: "reason for the end",
            de: "Grund des Endes",
        },
        Field::Gateway => {
            Message { fr: "serveur VPN", nl: "VPN-server", en: "VPN server", de: "VPN-Server" }
        }
        Field::Transport => Message {
            fr: "protocole de transport",
            nl: "transportprotocol",
            en: "transport protocol",
            de: "Transportprotokoll",
        },
        Field::MemberIdentity => Message {
            fr: "identité du membre",
            nl: "identiteit van het lid",
            en: "member's identity",
            de: "Identität des Mitglieds",
        },
        Field::ClientVersion => Message {
            fr: "version du logiciel VPN",
            nl: "versie van de VPN-software",
            en: "version of the VPN software",
            de: "Version der VPN-Software",
        },
        Field::ClientPlatform => Message {
            fr: "système du membre",
            nl: "systeem van het lid",
            en: "member's system",
            de: "System des Mitglieds",
        },
        Field::HardwareAddress => Message {
            fr: "adresse matérielle",
            nl: "hardwareadres",
            en: "hardware address",
            de: "Hardwareadresse",
        },
        Field::BytesIn => Message {
            fr: "octets reçus",
            nl: "ontvangen bytes",
            en: "bytes received",
            de: "empfangene Bytes",
        },
        Field::BytesOut => Message {
            fr: "octets envoyés",
            nl: "verzonden bytes",
            en: "bytes sent",
            de: "gesendete Bytes",
        },
        Field::Content => Message { fr: "contenu", nl: "inhoud", en: "content", de: "Inhalt" },
    }
}
