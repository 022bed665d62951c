use crate::domain::Coverage;
use crate::i18n::Message;

/// How closely a session could be watched and what that means, in a sentence or two.
pub fn coverage(coverage: Coverage) -> &'static Message {
    match coverage {
        Coverage::Complete => &Message {
            fr: "La Brique peut suivre cette session sans interruption\u{a0}: une reconnexion en \
                 cours de route se serait vue.",
            nl: "De box kan deze sessie zonder onderbreking volgen: een nieuwe verbinding \
                 onderweg zou gezien zijn.",
            en: "The box can follow this session without a break: a reconnect on the way would \
                 have been seen.",
            de: "Die Box kann diese Sitzung lückenlos verfolgen: Eine Neuverbindung zwischendurch \
                 wäre gesehen worden.",
        },
        Coverage::Hooks => &Message {
            fr: "La Brique voit le tunnel s’ouvrir et se fermer, pas ce qui se passe entre les \
                 deux. Avec l’option «\u{a0}persist-tun\u{a0}», OpenVPN peut s’être reconnecté sans \
                 que cela se voie\u{a0}: l’opérateur peut alors tenir plusieurs enregistrements là \
                 où vous voyez une seule session.",
            nl: "De box ziet de tunnel opengaan en sluiten, niet wat daartussen gebeurt. Met de \
                 optie ‘persist-tun’ kan OpenVPN ongezien opnieuw verbinding hebben gemaakt: de \
                 operator kan dan meerdere registraties hebben waar u één sessie ziet.",
            en: "The box sees the tunnel open and close, not what happens in between. With the \
                 option “persist-tun”, OpenVPN may have reconnected unseen: the operator may then \
                 hold several records where you see one session.",
            de: "Die Box sieht, wie der Tunnel sich öffnet und schließt, nicht, was \
                 dazwischen geschieht. Mit der Option „persist-tun“ kann OpenVPN sich ungesehen neu \
                 verbunden haben: Der Betreiber führt dann womöglich mehrere Einträge, wo Sie eine \
                 einzige Sitzung sehen.",
        },
        Coverage::Interface => &Message {
            fr: "La Brique n’a vu que l’interface réseau du tunnel. OpenVPN lui-même ne lui a rien \
                 dit\u{a0}: des reconnexions peuvent manquer, et d’autres faits aussi.",
            nl: "De box zag alleen de netwerkinterface van de tunnel. OpenVPN zelf heeft haar niets \
                 gezegd: nieuwe verbindingen kunnen ontbreken, en andere feiten ook.",
            en: "The box saw only the tunnel’s network interface. OpenVPN itself told it nothing: \
                 reconnects may be missing, and other facts too.",
            de: "Die Box hat nur die Netzwerkschnittstelle des Tunnels gesehen. OpenVPN selbst hat \
                 ihr nichts gesagt: Neuverbindungen können fehlen, und andere Angaben auch.",
        },
    }
}
