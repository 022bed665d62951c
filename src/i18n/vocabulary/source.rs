use crate::domain::Source;
use crate::i18n::Message;

/// How a value is known, in a few words that fit into a table.
pub fn source(source: Source) -> &'static Message {
    match source {
        Source::OpenVpnHook => &Message {
            fr: "vu dans OpenVPN",
            nl: "gezien in OpenVPN",
            en: "seen in OpenVPN",
            de: "in OpenVPN gesehen",
        },
        Source::OperatorPush => &Message {
            fr: "indiqué par l’opérateur",
            nl: "meegedeeld door de operator",
            en: "told by the operator",
            de: "vom Betreiber mitgeteilt",
        },
        Source::Management => &Message {
            fr: "vu en direct dans OpenVPN",
            nl: "rechtstreeks gezien in OpenVPN",
            en: "seen live in OpenVPN",
            de: "live in OpenVPN gesehen",
        },
        Source::Interface => &Message {
            fr: "vu sur l’interface du tunnel",
            nl: "gezien op de tunnelinterface",
            en: "seen on the tunnel interface",
            de: "an der Tunnelschnittstelle gesehen",
        },
        Source::Bounds => &Message {
            fr: "déduit de ce qui l’entoure",
            nl: "afgeleid uit wat eromheen ligt",
            en: "worked out from what lies around it",
            de: "aus dem Umfeld erschlossen",
        },
        Source::Stun => &Message {
            fr: "demandé au serveur VPN (STUN)",
            nl: "gevraagd aan de VPN-server (STUN)",
            en: "asked of the VPN server (STUN)",
            de: "beim VPN-Server erfragt (STUN)",
        },
        Source::NatPmp => &Message {
            fr: "demandé à votre routeur (NAT-PMP)",
            nl: "gevraagd aan uw router (NAT-PMP)",
            en: "asked of your router (NAT-PMP)",
            de: "bei Ihrem Router erfragt (NAT-PMP)",
        },
        Source::Pcp => &Message {
            fr: "demandé à votre routeur (PCP)",
            nl: "gevraagd aan uw router (PCP)",
            en: "asked of your router (PCP)",
            de: "bei Ihrem Router erfragt (PCP)",
        },
        Source::PublicInterface => &Message {
            fr: "lu sur l’interface de la Brique",
            nl: "gelezen op de interface van de box",
            en: "read from the box’s interface",
            de: "an der Schnittstelle der Box gelesen",
        },
    }
}

/// How a value is known and how far that goes, in a sentence or two.
pub fn source_explained(source: Source) -> &'static Message {
    match source {
        Source::OpenVpnHook => &Message {
            fr: "Cette Brique l’a vu elle-même\u{a0}: OpenVPN l’a transmis au script qu’il lance \
                 quand le tunnel s’ouvre ou se ferme.",
            nl: "Deze box heeft het zelf gezien: OpenVPN gaf het door aan het script dat het start \
                 wanneer de tunnel opengaat of sluit.",
            en: "This box saw it itself: OpenVPN gave it to the script that it runs when the \
                 tunnel opens or closes.",
            de: "Diese Box hat es selbst gesehen: OpenVPN hat es dem Skript übergeben, das es beim \
                 Öffnen oder Schließen des Tunnels startet.",
        },
        Source::OperatorPush => &Message {
            fr: "Le serveur de l’opérateur l’a annoncé à cette Brique. C’est l’opérateur qui le \
                 dit\u{a0}; la Brique ne peut pas le vérifier.",
            nl: "De server van de operator heeft het aan deze box gemeld. Het is de operator die \
                 het zegt; de box kan het niet nagaan.",
            en: "The operator’s server announced it to this box. It is the operator who says so; \
                 the box cannot verify it.",
            de: "Der Server des Betreibers hat es dieser Box gemeldet. Es ist eine Angabe des \
                 Betreibers; die Box kann sie nicht überprüfen.",
        },
        Source::Management => &Message {
            fr: "Cette Brique l’a vu elle-même, au moment même, sur l’interface de contrôle \
                 d’OpenVPN.",
            nl: "Deze box heeft het zelf gezien, op het moment zelf, via de beheerinterface van \
                 OpenVPN.",
            en: "This box saw it itself, as it happened, on OpenVPN’s management interface.",
            de: "Diese Box hat es selbst gesehen, in dem Augenblick, über die \
                 Verwaltungsschnittstelle von OpenVPN.",
        },
        Source::Interface => &Message {
            fr: "Cette Brique l’a vu elle-même\u{a0}: le système a signalé que l’interface du \
                 tunnel est apparue, a disparu ou a reçu une adresse.",
            nl: "Deze box heeft het zelf gezien: het systeem meldde dat de tunnelinterface \
                 verscheen, verdween of een adres kreeg.",
            en: "This box saw it itself: the system reported that the tunnel interface came, went \
                 or was given an address.",
            de: "Diese Box hat es selbst gesehen: Das System hat gemeldet, dass die \
                 Tunnelschnittstelle erschien, verschwand oder eine Adresse erhielt.",
        },
        Source::Bounds => &Message {
            fr: "Personne ne l’a vu. La Brique l’a encadré par le dernier signe de vie du tunnel et \
                 le premier signe de son absence.",
            nl: "Niemand heeft het gezien. De box heeft het afgebakend met het laatste levensteken \
                 van de tunnel en het eerste teken van zijn afwezigheid.",
            en: "Nobody saw it. The box enclosed it between the last sign of life of the tunnel \
                 and the first sign of its absence.",
            de: "Niemand hat es gesehen. Die Box hat es durch das letzte Lebenszeichen des Tunnels \
                 und das erste Zeichen seines Fehlens eingegrenzt.",
        },
        Source::Stun => &Message {
            fr: "Un service à l’adresse même du serveur VPN a répondu à cette Brique d’où venait sa \
                 question (STUN, RFC 8489). L’opérateur y voit la même adresse que d’habitude.",
            nl: "Een dienst op het adres van de VPN-server zelf antwoordde deze box waar haar vraag \
                 vandaan kwam (STUN, RFC 8489). De operator ziet daarbij hetzelfde adres als \
                 altijd.",
            en: "A service at the VPN server’s own address told this box where its question came \
                 from (STUN, RFC 8489). The operator sees the same address there as ever.",
            de: "Ein Dienst an der Adresse des VPN-Servers selbst hat dieser Box geantwortet, woher \
                 ihre Frage kam (STUN, RFC 8489). Der Betreiber sieht dabei dieselbe Adresse wie \
                 sonst.",
        },
        Source::NatPmp => &Message {
            fr: "Votre routeur a indiqué son adresse publique (NAT-PMP, RFC 6886). Si un autre \
                 routeur se trouve entre lui et internet, l’opérateur en voit une autre.",
            nl: "Uw router gaf zijn openbare adres op (NAT-PMP, RFC 6886). Staat er nog een router \
                 tussen hem en het internet, dan ziet de operator een ander adres.",
            en: "Your router gave its public address (NAT-PMP, RFC 6886). If another router stands \
                 between it and the internet, the operator sees a different one.",
            de: "Ihr Router hat seine öffentliche Adresse genannt (NAT-PMP, RFC 6886). Steht \
                 zwischen ihm und dem Internet ein weiterer Router, sieht der Betreiber eine \
                 andere.",
        },
        Source::Pcp => &Message {
            fr: "Votre routeur a indiqué son adresse publique (PCP, RFC 6887). Si un autre routeur \
                 se trouve entre lui et internet, l’opérateur en voit une autre.",
            nl: "Uw router gaf zijn openbare adres op (PCP, RFC 6887). Staat er nog een router \
                 tussen hem en het internet, dan ziet de operator een ander adres.",
            en: "Your router gave its public address (PCP, RFC 6887). If another router stands \
                 between it and the internet, the operator sees a different one.",
            de: "Ihr Router hat seine öffentliche Adresse genannt (PCP, RFC 6887). Steht zwischen \
                 ihm und dem Internet ein weiterer Router, sieht der Betreiber eine andere.",
        },
        Source::PublicInterface => &Message {
            fr: "La Brique porte elle-même une adresse publique du côté du serveur VPN\u{a0}; c’est \
                 celle que l’opérateur devrait voir.",
            nl: "De box heeft zelf een openbaar adres aan de kant van de VPN-server; dat zou de \
                 operator moeten zien.",
            en: "The box itself has a public address on the side of the VPN server; it is the one \
                 that the operator should see.",
            de: "Die Box hat selbst eine öffentliche Adresse in Richtung des VPN-Servers; diese \
                 sollte der Betreiber sehen.",
        },
    }
}
