use crate::domain::{EndReason, OperatorEnd};
use crate::i18n::Message;

/// Why a session ended as the box saw it, in a sentence.
pub fn end_reason(reason: EndReason) -> &'static Message {
    match reason {
        EndReason::StoppedWithNotice => &Message {
            fr: "Le VPN a été arrêté sur cette Brique, qui en a prévenu le serveur.",
            nl: "De VPN werd op deze box gestopt, en de box heeft dat aan de server gemeld.",
            en: "The VPN was stopped on this box, which told the server so.",
            de: "Das VPN wurde auf dieser Box beendet, und sie hat es dem Server mitgeteilt.",
        },
        EndReason::Stopped => &Message {
            fr: "Le VPN a été arrêté sur cette Brique, sans message au serveur.",
            nl: "De VPN werd op deze box gestopt, zonder bericht aan de server.",
            en: "The VPN was stopped on this box, without a message to the server.",
            de: "Das VPN wurde auf dieser Box beendet, ohne Nachricht an den Server.",
        },
        EndReason::Restarted => &Message {
            fr: "Le VPN a reçu l’ordre de se reconnecter.",
            nl: "De VPN kreeg de opdracht om opnieuw verbinding te maken.",
            en: "The VPN was asked to connect anew.",
            de: "Das VPN wurde angewiesen, sich neu zu verbinden.",
        },
        EndReason::Reloaded => &Message {
            fr: "Le VPN a reçu l’ordre de relire sa configuration.",
            nl: "De VPN kreeg de opdracht om zijn configuratie opnieuw in te lezen.",
            en: "The VPN was asked to read its configuration anew.",
            de: "Das VPN wurde angewiesen, seine Konfiguration neu einzulesen.",
        },
        EndReason::ServerSilent => &Message {
            fr: "Le serveur n’a plus répondu pendant trop longtemps.",
            nl: "De server antwoordde te lang niet meer.",
            en: "Nothing was heard from the server for too long.",
            de: "Der Server hat zu lange nicht mehr geantwortet.",
        },
        EndReason::ServerStopped => &Message {
            fr: "Le serveur a annoncé qu’il mettait fin à la connexion.",
            nl: "De server meldde dat hij de verbinding beëindigde.",
            en: "The server announced that it was ending the connection.",
            de: "Der Server hat angekündigt, die Verbindung zu beenden.",
        },
        EndReason::ConnectionLost => &Message {
            fr: "La connexion au serveur a été coupée.",
            nl: "De verbinding met de server werd verbroken.",
            en: "The connection to the server broke.",
            de: "Die Verbindung zum Server ist abgebrochen.",
        },
        EndReason::TlsError => &Message {
            fr: "Les clés de chiffrement n’ont pas pu être renouvelées avec le serveur.",
            nl: "De encryptiesleutels konden niet met de server worden vernieuwd.",
            en: "The encryption keys could not be renewed with the server.",
            de: "Die Schlüssel konnten nicht mit dem Server erneuert werden.",
        },
        EndReason::SettingsChanged => &Message {
            fr: "À la reconnexion, le serveur a donné d’autres réglages\u{a0}; le tunnel a été \
                 reconstruit.",
            nl: "Bij het opnieuw verbinden gaf de server andere instellingen; de tunnel werd \
                 opnieuw opgebouwd.",
            en: "On reconnecting, the server gave other settings; the tunnel was built anew.",
            de: "Beim erneuten Verbinden gab der Server andere Einstellungen vor; der Tunnel wurde \
                 neu aufgebaut.",
        },
        EndReason::InterfaceGone => &Message {
            fr: "L’interface du tunnel a disparu et OpenVPN n’a pas dit pourquoi.",
            nl: "De tunnelinterface verdween en OpenVPN zei niet waarom.",
            en: "The tunnel interface went away and OpenVPN did not say why.",
            de: "Die Tunnelschnittstelle ist verschwunden, und OpenVPN hat nicht gesagt, warum.",
        },
        EndReason::ProcessGone => &Message {
            fr: "OpenVPN s’est arrêté brusquement, sans dire pourquoi.",
            nl: "OpenVPN stopte plotseling, zonder te zeggen waarom.",
            en: "OpenVPN stopped abruptly without saying why.",
            de: "OpenVPN wurde plötzlich beendet, ohne zu sagen, warum.",
        },
        EndReason::Unseen => &Message {
            fr: "Personne n’a vu la fin\u{a0}: coupure de courant, ou temoin n’était pas en marche.",
            nl: "Niemand heeft het einde gezien: de stroom viel uit, of temoin draaide niet.",
            en: "Nobody saw the end: the power was cut, or temoin was not running.",
            de: "Niemand hat das Ende gesehen: Der Strom fiel aus, oder temoin lief nicht.",
        },
        EndReason::Superseded => &Message {
            fr: "Une autre session a commencé sur le même tunnel avant que la fin de celle-ci ait \
                 été vue.",
            nl: "Op dezelfde tunnel begon een andere sessie voordat het einde van deze was gezien.",
            en: "Another session began on the same tunnel before the end of this one was seen.",
            de: "Auf demselben Tunnel begann eine andere Sitzung, bevor das Ende dieser gesehen \
                 wurde.",
        },
        EndReason::Other => &Message {
            fr: "OpenVPN a donné un motif que temoin ne connaît pas.",
            nl: "OpenVPN gaf een reden op die temoin niet kent.",
            en: "OpenVPN gave a reason that temoin does not know.",
            de: "OpenVPN hat einen Grund genannt, den temoin nicht kennt.",
        },
    }
}

/// What the operator most likely saw of a session's end, in a sentence. An inference: it is worded
/// as one, and is to be shown beside what the box saw, never in its place.
pub fn operator_end(end: OperatorEnd) -> &'static Message {
    match end {
        OperatorEnd::Notice => &Message {
            fr: "L’opérateur a sans doute reçu l’annonce du départ et clos son enregistrement dans \
                 les secondes qui ont suivi.",
            nl: "De operator heeft waarschijnlijk het afmeldbericht ontvangen en zijn registratie \
                 binnen enkele seconden afgesloten.",
            en: "The operator probably received the notice of leaving and closed its record within \
                 a few seconds.",
            de: "Der Betreiber hat vermutlich die Abmeldung erhalten und seinen Eintrag innerhalb \
                 weniger Sekunden abgeschlossen.",
        },
        OperatorEnd::OwnStop => &Message {
            fr: "L’opérateur a sans doute arrêté ou redémarré son serveur, et clos son \
                 enregistrement à ce moment.",
            nl: "De operator heeft waarschijnlijk zijn server gestopt of herstart, en zijn \
                 registratie op dat moment afgesloten.",
            en: "The operator probably stopped or restarted its server, and closed its record \
                 then.",
            de: "Der Betreiber hat vermutlich seinen Server angehalten oder neu gestartet und \
                 seinen Eintrag in diesem Moment abgeschlossen.",
        },
        OperatorEnd::Replaced => &Message {
            fr: "L’opérateur a sans doute clos son enregistrement au moment où vous vous êtes \
                 reconnecté.",
            nl: "De operator heeft zijn registratie waarschijnlijk afgesloten op het moment dat u \
                 opnieuw verbinding maakte.",
            en: "The operator probably closed its record at the moment you connected again.",
            de: "Der Betreiber hat seinen Eintrag vermutlich in dem Moment abgeschlossen, in dem \
                 Sie sich neu verbunden haben.",
        },
        OperatorEnd::Timeout => &Message {
            fr: "L’opérateur n’a sans doute plus rien reçu et clos son enregistrement plus tard\
                 \u{a0}: après quelques minutes de silence, ou dès votre connexion suivante. Chez \
                 lui, la fin peut donc être plus tardive.",
            nl: "De operator hoorde waarschijnlijk niets meer en sloot zijn registratie later af: \
                 na enkele minuten stilte, of zodra u opnieuw verbinding maakte. Bij hem kan het \
                 einde dus later liggen.",
            en: "The operator probably heard nothing more and closed its record later: after some \
                 minutes of silence, or as soon as you connected again. So its end may be the \
                 later one.",
            de: "Der Betreiber hat vermutlich nichts mehr gehört und seinen Eintrag später \
                 abgeschlossen: nach einigen Minuten Stille oder sobald Sie sich erneut verbunden \
                 haben. Bei ihm kann das Ende also später liegen.",
        },
        OperatorEnd::Unknown => &Message {
            fr: "Ce que la Brique a vu ne permet pas de dire ce que l’opérateur a vu.",
            nl: "Uit wat de box zag, is niet op te maken wat de operator zag.",
            en: "What the operator saw cannot be told from here.",
            de: "Von hier aus lässt sich nicht erkennen, was der Betreiber gesehen hat.",
        },
    }
}
