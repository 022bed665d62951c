use crate::i18n::Message;

/// Why a request to the operator was of no use, by the stable name that the ledger keeps; `None` for
/// one that is not known here, which is then shown as it is.
pub fn failure(name: &str) -> Option<&'static Message> {
    Some(match name {
        "made-up" => &Message {
            fr: "l’opérateur a signé qu’il détient ce qui n’existe pas : on ne peut pas se fier à ses déclarations",
            nl: "de operator tekende dat hij iets bezit wat niet bestaat: op zijn verklaringen is geen staat te maken",
            en: "the operator signed that it holds what does not exist: its statements cannot be relied on",
            de: "der Betreiber hat signiert, dass er etwas hält, was es nicht gibt: Auf seine Erklärungen ist kein Verlass",
        },
        "malformed" | "not-understood" => &Message {
            fr: "ce qui répond ne parle pas le protocole de temoin",
            nl: "wat antwoordt, spreekt het protocol van temoin niet",
            en: "what answers does not speak temoin’s protocol",
            de: "was antwortet, spricht nicht das Protokoll von temoin",
        },
        "no-tunnel" | "not-through-tunnel" => &Message {
            fr: "rien n’a été envoyé, car cela ne serait pas passé par le tunnel",
            nl: "er werd niets verzonden, want het zou niet door de tunnel gegaan zijn",
            en: "nothing was sent, since it would not have gone through the tunnel",
            de: "nichts wurde gesendet, da es nicht durch den Tunnel gegangen wäre",
        },
        "not-authentic" => &Message {
            fr: "la signature n’est pas celle de la clé de l’opérateur",
            nl: "de handtekening is niet die van de sleutel van de operator",
            en: "the signature is not that of the operator’s key",
            de: "die Signatur ist nicht die des Schlüssels des Betreibers",
        },
        "not-fresh" => &Message {
            fr: "la réponse n’est pas de ce moment : ancienne, ou l’une des horloges est fausse",
            nl: "het antwoord is niet van dit moment: oud, of een van de klokken loopt fout",
            en: "the answer is not of this moment: an old one, or one of the clocks is wrong",
            de: "die Antwort ist nicht von diesem Moment: eine alte, oder eine der Uhren geht falsch",
        },
        "not-now" => &Message {
            fr: "l’opérateur ne répond pas pour le moment",
            nl: "de operator antwoordt op dit moment niet",
            en: "the operator does not answer at the moment",
            de: "der Betreiber antwortet im Moment nicht",
        },
        "proxy" => &Message {
            fr: "le proxy n’atteint pas l’opérateur",
            nl: "de proxy bereikt de operator niet",
            en: "the proxy does not reach the operator",
            de: "der Proxy erreicht den Betreiber nicht",
        },
        "recalled" => &Message {
            fr: "la session s’est terminée avant que l’opérateur ait répondu",
            nl: "de sessie eindigde voordat de operator had geantwoord",
            en: "the session ended before the operator had answered",
            de: "die Sitzung endete, bevor der Betreiber geantwortet hatte",
        },
        "rejected" => &Message {
            fr: "l’opérateur n’accepte pas la demande",
            nl: "de operator aanvaardt de vraag niet",
            en: "the operator does not accept the request",
            de: "der Betreiber nimmt die Anfrage nicht an",
        },
        "timed-out" => &Message {
            fr: "l’opérateur n’a pas répondu à temps",
            nl: "de operator antwoordde niet op tijd",
            en: "the operator did not answer in time",
            de: "der Betreiber hat nicht rechtzeitig geantwortet",
        },
        "two-successors" => &Message {
            fr: "la clé de l’opérateur a désigné deux successeurs : quelqu’un d’autre la possède peut-être",
            nl: "de sleutel van de operator noemde twee opvolgers: misschien heeft iemand anders hem ook",
            en: "the operator’s key named two successors: somebody else may have it",
            de: "der Schlüssel des Betreibers hat zwei Nachfolger genannt: Vielleicht hat ihn noch jemand",
        },
        "unreachable" => &Message {
            fr: "l’opérateur est injoignable",
            nl: "de operator is onbereikbaar",
            en: "the operator cannot be reached",
            de: "der Betreiber ist nicht erreichbar",
        },
        "unresolved" => &Message {
            fr: "le nom du serveur de l’opérateur est introuvable",
            nl: "de naam van de server van de operator is niet te vinden",
            en: "the name of the operator’s server cannot be looked up",
            de: "der Name des Servers des Betreibers lässt sich nicht auflösen",
        },
        "untrusted" => &Message {
            fr: "rien n’a été envoyé, car celui qui répond ne prouve pas qu’il est l’opérateur",
            nl: "er werd niets verzonden, want wie antwoordt, bewijst niet dat hij de operator is",
            en: "nothing was sent, since who answers cannot show to be the operator",
            de: "nichts wurde gesendet, da sich nicht ausweist, wer antwortet",
        },
        _ => return None,
    })
}
