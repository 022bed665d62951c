//! What is said of a holding, in four languages. The words for law and operators themselves are in
//! [`crate::retention::vocabulary`], those for what the box records in [`crate::i18n::vocabulary`].

use crate::i18n::{Message, Plural};

macro_rules! messages {
    ($($name:ident: $fr:literal, $nl:literal, $en:literal, $de:literal;)+) => {
        $(pub(super) const $name: Message = Message { fr: $fr, nl: $nl, en: $en, de: $de };)+

        #[cfg(test)]
        pub(super) const ALL: &[(&str, Message)] = &[$((stringify!($name), $name)),+];
    };
}

messages! {
    TITLE: "Ce qui est conservé de cette session, et jusqu’à quand",
        "Wat over deze sessie wordt bewaard, en tot wanneer",
        "What is held about this session, and until when",
        "Was über diese Sitzung gespeichert ist und bis wann";

    SESSION: "Session", "Sessie", "Session", "Sitzung";
    SESSION_IS: "{id}, interface {device}", "{id}, interface {device}",
        "{id}, interface {device}", "{id}, Schnittstelle {device}";
    BEGAN: "Début", "Begin", "Start", "Beginn";
    ENDED: "Fin", "Einde", "End", "Ende";
    LASTS: "la session est en cours", "de sessie is nog bezig", "the session is still open",
        "die Sitzung läuft noch";
    LAW_OF: "Droit appliqué", "Toegepast recht", "Law applied", "Angewandtes Recht";
    LAW_UNKNOWN: "inconnu : personne n’a dit de quel pays",
        "onbekend: niemand heeft gezegd van welk land",
        "unknown: nobody said of which country",
        "unbekannt: Niemand hat gesagt, welches Landes";
    OPERATOR: "Opérateur", "Operator", "Operator", "Betreiber";
    OPERATOR_UNKNOWN: "inconnu", "onbekend", "unknown", "unbekannt";
    AS_OF: "État au", "Stand op", "As of", "Stand vom";

    IN_SHORT: "En bref", "In het kort", "In short", "Kurz gesagt";
    REQUIRED: "Imposé par la loi", "Wettelijk verplicht", "Required by law",
        "Gesetzlich verlangt";
    PERHAPS: "Imposé, selon le cas", "Soms verplicht", "Required, perhaps", "Fallweise verlangt";
    ALLOWED: "Permis", "Toegelaten", "Allowed", "Erlaubt";
    UNKNOWN: "Inconnu", "Onbekend", "Unknown", "Unbekannt";
    UNLISTED: "Dans aucune règle", "In geen enkele regel", "In no rule", "In keiner Regel";
    NEVER: "Jamais", "Nooit", "Never", "Nie";
    DECLARED: "Déclaré", "Verklaard", "Declared", "Erklärt";
    SIGNED: "Signé", "Ondertekend", "Signed", "Signiert";
    SEEN: "Vu ici", "Hier gezien", "Seen here", "Hier gesehen";
    LAW: "Loi", "Wet", "Law", "Gesetz";
    DIFFERENCE: "Écart", "Verschil", "Difference", "Abweichung";
    DIFFERENCES: "Écarts", "Verschillen", "Differences", "Abweichungen";
    DIFFERENCES_IN: "à propos de ces données : {fields}", "bij deze gegevens: {fields}",
        "about: {fields}", "bei diesen Angaben: {fields}";

    FIELD_BY_FIELD: "Donnée par donnée", "Gegeven per gegeven", "Field by field",
        "Angabe für Angabe";
    SEEN_VALUE: "{value}, {source}", "{value}, {source}", "{value}, {source}", "{value}, {source}";
    SEEN_NAMED: "{field} : {seen}", "{field}: {seen}", "{field}: {seen}", "{field}: {seen}";
    SEEN_UNKNOWN: "inconnu de la Brique", "onbekend voor de box", "unknown to the box",
        "der Box unbekannt";
    SEEN_NOT_APART: "pas relevé à part ; les adresses sont attribuées à l’ouverture de la session",
        "niet apart genoteerd; de adressen worden bij het begin van de sessie toegewezen",
        "not noted apart; the addresses are assigned as the session begins",
        "nicht gesondert festgehalten; die Adressen werden zu Beginn der Sitzung zugewiesen";
    SEEN_NEVER: "la Brique ne l’enregistre jamais", "de box legt dit nooit vast",
        "the box never records this", "wird von der Box nie aufgezeichnet";

    MUST_FOR: "À conserver {length} {event}", "{length} te bewaren {event}",
        "To be kept for {length} {event}", "{length} {event} zu speichern";
    MUST_UNTIL: "À conserver {until}", "Te bewaren {until}", "To be kept {until}",
        "Zu speichern {until}";
    MUST: "À conserver, sans durée indiquée", "Te bewaren, zonder vermelde duur",
        "To be kept; no length is named", "Zu speichern, ohne genannte Dauer";
    MAY_FOR: "Peut être conservé {length} {event}", "Mag {length} worden bewaard {event}",
        "May be kept for {length} {event}", "Darf {length} {event} gespeichert werden";
    MAY_UNTIL: "Peut être conservé {until}", "Mag worden bewaard {until}", "May be kept {until}",
        "Darf gespeichert werden, {until}";
    MAY: "Peut être conservé, sans durée indiquée", "Mag worden bewaard, zonder vermelde duur",
        "May be kept; no length is named", "Darf gespeichert werden, ohne genannte Dauer";
    NEVER_KEPT: "Ne doit jamais être conservé", "Mag nooit worden bewaard", "Must never be kept",
        "Darf nie gespeichert werden";
    NEVER_LISTED: "Ne figure dans aucune liste de conservation", "Staat in geen enkele bewaarlijst",
        "It is in no retention list", "Steht in keiner Liste aufzubewahrender Angaben";
    IN_SOME_CASES: "Dans certains cas : {text}", "In bepaalde gevallen: {text}",
        "In certain cases: {text}", "In bestimmten Fällen: {text}";
    IN_PART: "Pour une partie de la session, ou selon le jour : {text}",
        "Voor een deel van de sessie, of naargelang van de dag: {text}",
        "For a part of the session, or depending on the day: {text}",
        "Für einen Teil der Sitzung oder je nach Tag: {text}";
    IF_CHOSEN: "Si l’opérateur le choisit : {text}", "Als de operator daarvoor kiest: {text}",
        "If the operator chooses to: {text}", "Wenn der Betreiber es so will: {text}";
    NOT_KNOWN: "On ne sait pas", "Niet bekend", "Not known", "Nicht bekannt";
    SOME_LEFT_OPEN: "Ce que dit un des textes applicables n’est pas établi ; voir plus bas.",
        "Wat een van de toepasselijke teksten zegt, staat niet vast; zie verder.",
        "What one of the texts that apply says is not established; see below.",
        "Was einer der geltenden Texte besagt, steht nicht fest; siehe unten.";
    SOME_STALE: "Un des textes applicables a été vérifié il y a trop longtemps ; voir plus bas.",
        "Een van de toepasselijke teksten is te lang geleden gecontroleerd; zie verder.",
        "One of the texts that apply was checked too long ago; see below.",
        "Einer der geltenden Texte wurde vor zu langer Zeit geprüft; siehe unten.";
    STALE: "Cette vérification est trop ancienne : mettez temoin à jour.",
        "Die controle is te lang geleden: werk temoin bij.",
        "That check is too old: please update temoin.",
        "Diese Prüfung liegt zu lange zurück: Bitte aktualisieren Sie temoin.";
    STATUS_UNKNOWN: "contenu non établi", "inhoud niet vastgesteld", "content not established",
        "Inhalt nicht ermittelt";
    NO_RULE: "Aucune règle de ces fichiers ne le nomme",
        "Geen enkele regel in deze bestanden noemt dit",
        "No rule in these files names it",
        "Keine Regel in diesen Dateien nennt es";
    NO_JURISDICTION: "Inconnu : on ne sait pas de quel pays la loi s’applique",
        "Onbekend: het is niet bekend van welk land de wet geldt",
        "Unknown: it is not known which country’s law applies",
        "Unbekannt: Es ist nicht bekannt, welches Landes Gesetz gilt";
    RULE_UNLISTED_IN: "Pendant une partie de la session, aucune règle ne le nomme ({title})",
        "Tijdens een deel van de sessie noemt geen enkele regel dit ({title})",
        "For a part of the session, no rule names it ({title})",
        "Für einen Teil der Sitzung nennt keine Regel es ({title})";
    WHICH_LENGTH: "Laquelle de ces durées s’applique n’est pas connu",
        "Welke van deze termijnen geldt, is niet bekend",
        "Which of these periods applies is not known",
        "Welche dieser Fristen gilt, ist nicht bekannt";
    OR: "{one} ou {other}", "{one} of {other}", "{one} or {other}", "{one} oder {other}";
    SHORTEST: "la plus courte de ces durées : {length}", "de kortste van deze termijnen: {length}",
        "the shortest of {length}", "die kürzeste dieser Fristen: {length}";
    LONGEST: "la plus longue de ces durées : {length}", "de langste van deze termijnen: {length}",
        "the longest of {length}", "die längste dieser Fristen: {length}";

    UNTIL_CONTRACT_END: "jusqu’à la fin de votre contrat", "tot het einde van uw contract",
        "until your contract ends", "bis zum Ende Ihres Vertrags";
    UNTIL_ACCOUNT_CLOSED: "jusqu’à la clôture de votre compte",
        "tot de afsluiting van uw account", "until your account is closed",
        "bis zur Schließung Ihres Kontos";

    UNTIL: "jusqu’au {day} inclus", "tot en met {day}", "until the end of {day}",
        "bis einschließlich {day}";
    UNTIL_BETWEEN: "jusqu’à un jour entre le {from} et le {to}",
        "tot een dag tussen {from} en {to}", "until a day between {from} and {to}",
        "bis zu einem Tag zwischen dem {from} und dem {to}";
    UNTIL_EARLIEST: "au plus tôt jusqu’au {day} inclus", "op zijn vroegst tot en met {day}",
        "until {day} at the earliest", "frühestens bis einschließlich {day}";
    UNTIL_LATEST: "au plus tard jusqu’au {day} inclus", "uiterlijk tot en met {day}",
        "until {day} at the latest", "spätestens bis einschließlich {day}";
    OVER: "ce délai a pris fin le {day}", "die termijn is geëindigd op {day}",
        "that period ended on {day}", "diese Frist endete am {day}";
    OVER_BETWEEN: "ce délai a pris fin entre le {from} et le {to}",
        "die termijn is geëindigd tussen {from} en {to}",
        "that period ended between {from} and {to}",
        "diese Frist endete zwischen dem {from} und dem {to}";
    NOT_BEGUN: "au plus tôt jusqu’au {day} inclus ; le délai n’a pas commencé, car la session dure \
                encore",
        "op zijn vroegst tot en met {day}; de termijn is nog niet begonnen, want de sessie loopt nog",
        "until {day} at the earliest; the period has not begun, since the session lasts",
        "frühestens bis einschließlich {day}; die Frist hat noch nicht begonnen, denn die Sitzung \
         läuft noch";
    STILL_GROWING: "au plus tôt jusqu’au {day} inclus, et plus tard pour la suite, car la session dure \
                    encore",
        "op zijn vroegst tot en met {day}, en later voor het vervolg, want de sessie loopt nog",
        "until {day} at the earliest, and later for what follows, since the session lasts",
        "frühestens bis einschließlich {day}, und später für das Folgende, denn die Sitzung läuft \
         noch";
    WHEN_UNKNOWN: "quand cela sera, la Brique ne le sait pas",
        "wanneer dat is, weet de box niet", "when that is, the box does not know",
        "wann das ist, weiß die Box nicht";
    DAY_UNKNOWN: "le jour n’est pas connu", "de dag is niet bekend", "the day is not known",
        "der Tag ist nicht bekannt";
    GAP_OF_A_DAY: "Pour le {day}, temoin ne connaît aucun texte de loi.",
        "Voor {day} kent temoin geen wettekst.",
        "For {day}, temoin knows of no text of law.",
        "Für den {day} kennt temoin keinen Gesetzestext.";
    GAP_OF_AN_INJUNCTION_OF_A_DAY: "Pour le {day}, temoin ignore si une injonction de conservation \
                                    était en vigueur : ces données ne sont ni libres ni imposées.",
        "Voor {day} weet temoin niet of er een bewaarbevel van kracht was: deze gegevens zijn vrij \
         noch verplicht.",
        "For {day}, temoin does not know whether an injunction to retain was in force: this is \
         neither free nor required.",
        "Für den {day} weiß temoin nicht, ob eine Speicheranordnung in Kraft war: Diese Angaben \
         sind weder frei noch vorgeschrieben.";

    STATEMENT: "{date}, {kind} : {says}", "{date}, {kind}: {says}", "{date}, {kind}: {says}",
        "{date}, {kind}: {says}";
    STORED_FOR: "conservé {length} {event}", "{length} bewaard {event}",
        "stored for {length} {event}", "{length} {event} gespeichert";
    STORED_FOR_UNCOUNTED: "conservé {length}, sans dire à compter de quand",
        "{length} bewaard, zonder te zeggen vanaf wanneer",
        "stored for {length}, without saying from when",
        "{length} gespeichert, ohne zu sagen, ab wann";
    STORED: "conservé, sans dire combien de temps", "bewaard, zonder te zeggen hoelang",
        "stored, without saying for how long", "gespeichert, ohne zu sagen, wie lange";
    STORED_NOT: "pas conservé", "niet bewaard", "not stored", "nicht gespeichert";
    SINCE: "depuis le {day}", "sinds {day}", "since {day}", "seit dem {day}";
    NOT_COVERED: "cette session est plus ancienne", "deze sessie is ouder",
        "this session is older", "diese Sitzung ist älter";
    PERHAPS_COVERED: "cette session en relève peut-être pour une partie seulement",
        "deze sessie valt er misschien maar voor een deel onder",
        "this session may fall under it only in part",
        "diese Sitzung fällt vielleicht nur zum Teil darunter";
    SILENT: "{operator} n’en dit rien", "{operator} zegt er niets over",
        "{operator} says nothing of it", "{operator} sagt dazu nichts";
    NO_PROFILE: "inconnu : aucun profil d’opérateur n’est choisi",
        "onbekend: er is geen profiel van een operator gekozen",
        "unknown: no operator’s profile is chosen",
        "unbekannt: Es ist kein Profil eines Betreibers gewählt";
    STORED_SHORT: "{fields} : {says}", "{fields}: {says}", "{fields}: {says}", "{fields}: {says}";
    AND_ALSO: "{one} ; {other}", "{one}; {other}", "{one}; {other}", "{one}; {other}";

    SIGNED_FIELD_NOT_HELD: "pas détenu", "niet in zijn bezit", "not held", "nicht gespeichert";
    SIGNED_SAME: "détenu, même valeur qu’ici", "in zijn bezit, zelfde waarde als hier",
        "held, the same value as here", "gespeichert, gleicher Wert wie hier";
    SIGNED_DIFFERS: "détenu, autre valeur qu’ici", "in zijn bezit, andere waarde dan hier",
        "held, another value than here", "gespeichert, anderer Wert als hier";
    SIGNED_CANNOT_TELL: "détenu ; la comparaison n’est pas possible",
        "in zijn bezit; vergelijken is niet mogelijk", "held; it cannot be compared",
        "gespeichert; ein Vergleich ist nicht möglich";

    DIFFER_LENGTH: "déclaré le {date} : {declared} ; la loi indique {listed}",
        "verklaard op {date}: {declared}; de wet noemt {listed}",
        "declared on {date}: {declared}; the law lists {listed}",
        "erklärt am {date}: {declared}; das Gesetz nennt {listed}";
    DIFFER_NOT_STORED: "la loi l’énumère ; le {date}, l’opérateur dit ne pas le conserver",
        "de wet somt het op; op {date} zegt de operator het niet te bewaren",
        "the law lists it; on {date} the operator says that it does not store it",
        "das Gesetz zählt es auf; am {date} sagt der Betreiber, dass er es nicht speichert";
    DIFFER_UNLISTED: "conservé d’après l’opérateur ({date}), et aucune règle de ces fichiers ne le \
                      nomme",
        "bewaard volgens de operator ({date}), en geen enkele regel in deze bestanden noemt het",
        "stored according to the operator ({date}), and no rule in these files names it",
        "nach Angabe des Betreibers gespeichert ({date}), und keine Regel in diesen Dateien nennt \
         es";
    DIFFER_FORBIDDEN: "conservé d’après l’opérateur ({date}) ; la loi ne l’énumère pas parmi ce \
                       qui se conserve",
        "bewaard volgens de operator ({date}); de wet rekent het niet tot wat wordt bewaard",
        "stored according to the operator ({date}); the law does not list it among what is kept",
        "nach Angabe des Betreibers gespeichert ({date}); das Gesetz zählt es nicht zu dem, was \
         gespeichert wird";
    DIFFER_STATEMENTS: "deux déclarations de l’opérateur diffèrent : {newer} et {older}",
        "twee verklaringen van de operator verschillen: {newer} en {older}",
        "two statements of the operator’s differ: {newer} and {older}",
        "zwei Erklärungen des Betreibers weichen voneinander ab: {newer} und {older}";
    DIFFER_SIGNED_NOT_HELD: "la loi l’énumère ; l’opérateur a signé qu’il ne le détient pas",
        "de wet somt het op; de operator tekende dat hij het niet bezit",
        "the law lists it; the operator signed that it does not hold it",
        "das Gesetz zählt es auf; der Betreiber hat signiert, dass er es nicht gespeichert hat";
    DIFFER_SIGNED_HELD: "déclaré non conservé le {date} ; l’opérateur a signé qu’il le détient",
        "op {date} als niet bewaard verklaard; de operator tekende dat hij het bezit",
        "declared as not stored on {date}; the operator signed that it holds it",
        "am {date} als nicht gespeichert erklärt; der Betreiber hat signiert, dass er es \
         gespeichert hat";
    DIFFER_VALUES: "l’opérateur et la Brique n’ont pas la même valeur",
        "de operator en de box hebben niet dezelfde waarde",
        "the operator and the box do not have the same value",
        "Betreiber und Box haben nicht denselben Wert";
    DIFFER_OVERDUE: "à effacer au plus tard le {day} d’après l’opérateur, et encore détenu",
        "uiterlijk te wissen op {day} volgens de operator, en nog in zijn bezit",
        "to be erased by {day} according to the operator, and still held",
        "nach Angabe des Betreibers bis zum {day} zu löschen, und noch gespeichert";

    WHO: "Qui peut l’obtenir", "Wie het kan opvragen", "Who may obtain it", "Wer es erhalten kann";
    WHO_UNKNOWN: "Ces fichiers ne le disent pas.", "Deze bestanden zeggen het niet.",
        "These files do not say.", "Diese Dateien sagen es nicht.";
    WHO_UNCITED: "Pour le reste, ces fichiers ne le disent pas.",
        "Voor de rest zeggen deze bestanden het niet.",
        "Of the rest, these files do not say.",
        "Zum Übrigen sagen diese Dateien es nicht.";
    WHO_OF: "{fields} :", "{fields}:", "{fields}:", "{fields}:";
    REQUEST_MUST: "Une demande doit", "Een verzoek moet", "A request must", "Ein Ersuchen muss";
    NEVER_PART: "Ce qui n’en fait jamais partie", "Wat er nooit bij hoort",
        "What is never part of it", "Was nie dazugehört";
    PENDING: "En attente devant les juges", "Hangende zaken", "Pending before courts",
        "Anhängige Verfahren";
    PENDING_AFFECTS: "Concerne : {rules}", "Betreft: {rules}", "Concerns: {rules}",
        "Betrifft: {rules}";

    BLIND: "Ce que temoin ne peut pas voir", "Wat temoin niet kan zien", "What temoin cannot see",
        "Was temoin nicht sehen kann";
    BLIND_DISKS: "Les disques de l’opérateur. Ce relevé dit ce que la loi énumère et ce que \
                  l’opérateur déclare ; il ne prouve ni un effacement, ni l’absence d’un \
                  enregistrement ou d’une copie.",
        "De schijven van de operator. Hier staat wat de wet opsomt en wat de operator verklaart; \
         dat bewijst niet dat iets is gewist, en niet dat er geen registratie of kopie bestaat.",
        "The operator’s disks. This says what the law lists and what the operator declares; it \
         proves neither an erasure nor that there is no record and no copy.",
        "Die Festplatten des Betreibers. Hier steht, was das Gesetz aufzählt und was der Betreiber \
         erklärt; es beweist weder eine Löschung noch, dass es keinen Eintrag und keine Kopie gibt.";
    BLIND_CLOCKS: "L’heure de l’opérateur : ses horloges et ses limites de session peuvent différer \
                   des vôtres.",
        "De klok van de operator: zijn tijden en sessiegrenzen kunnen van die van u verschillen.",
        "The operator’s clock: its times and the limits of its sessions can differ from yours.",
        "Die Uhr des Betreibers: Seine Zeiten und Sitzungsgrenzen können von Ihren abweichen.";
    BLIND_OTHERS: "Les autres : votre fournisseur d’accès voit l’adresse du VPN, les sites visités \
                   voient celle qui vous est attribuée ; ils conservent de leur côté.",
        "De anderen: uw internetprovider ziet het adres van de VPN, de bezochte sites zien het \
         adres dat u kreeg; zij bewaren hun eigen gegevens.",
        "The others: your access provider sees the VPN’s address, the sites you visit see the one \
         you were given; they keep records of their own.",
        "Die anderen: Ihr Internetanbieter sieht die Adresse des VPN, die besuchten Seiten sehen \
         die Ihnen zugewiesene; sie speichern ihrerseits.";
    BLIND_LONGER: "Ce qui allonge : une demande déjà faite, un ordre de conservation ou un incident \
                   peut faire garder au-delà de la date ordinaire ; ce qu’une autorité a déjà reçu \
                   suit ses propres règles.",
        "Wat de termijn verlengt: een eerder verzoek, een bewaarbevel of een incident kan ertoe \
         leiden dat iets langer dan de gewone datum wordt bewaard; voor wat een autoriteit al \
         kreeg, gelden haar eigen regels.",
        "What prolongs: a request made before, a preservation order or an incident can have things \
         kept past the ordinary date; what an authority has received follows its own rules.",
        "Was verlängert: Ein früheres Ersuchen, eine Sicherungsanordnung oder ein Vorfall kann dazu \
         führen, dass etwas über das gewöhnliche Datum hinaus gespeichert bleibt; für das, was eine \
         Behörde schon erhalten hat, gelten deren eigene Regeln.";
    BLIND_REQUESTS: "Les demandes d’une autorité : elles sont en général secrètes. N’en voir aucun \
                     signe ne prouve rien.",
        "Verzoeken van een autoriteit: die zijn doorgaans geheim. Dat u er niets van merkt, bewijst \
         niets.",
        "An authority’s requests: they are normally secret. Seeing no sign of one proves nothing.",
        "Ersuchen einer Behörde: Sie sind in der Regel geheim. Dass Sie nichts davon bemerken, \
         beweist nichts.";
    BLIND_ADVICE: "Ceci informe et n’est pas un conseil juridique : textes résumés et traduits, \
                   seul le journal officiel fait foi. Que la loi vise le VPN d’une association \
                   est discuté.",
        "Dit is informatie, geen juridisch advies: de teksten zijn samengevat en vertaald, alleen \
         het staatsblad is authentiek. Of de wet voor de VPN van een vereniging geldt, staat ter \
         discussie.",
        "This informs and is no legal advice: texts are summed up and translated, only the official \
         journal is authentic. Whether the law covers an association’s VPN is disputed.",
        "Dies ist eine Information, keine Rechtsberatung: Die Texte sind zusammengefasst und \
         übersetzt, verbindlich ist nur das Amtsblatt. Ob das Gesetz für das VPN eines Vereins \
         gilt, ist umstritten.";

    SOURCES: "Sources", "Bronnen", "Sources", "Quellen";
    SOURCE: "{cite} ({verified})", "{cite} ({verified})", "{cite} ({verified})",
        "{cite} ({verified})";
    LAW_IN_FULL: "Ce que dit la loi", "Wat de wet zegt", "What the law says", "Was das Gesetz sagt";
    EDITION_OPEN: "Depuis le {from} ; {status} ; comparé à la loi le {checked}.",
        "Sinds {from}; {status}; met de wet vergeleken op {checked}.",
        "Since {from}; {status}; compared with the law on {checked}.",
        "Seit dem {from}; {status}; mit dem Gesetz verglichen am {checked}.";
    EDITION_CLOSED: "Du {from} au {to} ; {status} ; comparé à la loi le {checked}.",
        "Van {from} tot en met {to}; {status}; met de wet vergeleken op {checked}.",
        "From {from} to {to}; {status}; compared with the law on {checked}.",
        "Vom {from} bis zum {to}; {status}; mit dem Gesetz verglichen am {checked}.";
    STATEMENTS: "Déclarations de l’opérateur", "Verklaringen van de operator",
        "The operator’s statements", "Erklärungen des Betreibers";
    STATEMENT_IS: "{label}, {date}, par {by} : {kind}, {verified}.",
        "{label}, {date}, door {by}: {kind}, {verified}.",
        "{label}, {date}, by {by}: {kind}, {verified}.",
        "{label}, {date}, von {by}: {kind}, {verified}.";

    SUMMARY: "Ce que l’opérateur devrait conserver aujourd’hui",
        "Wat de operator vandaag zou moeten bewaren",
        "What the operator should hold today",
        "Was der Betreiber heute gespeichert haben sollte";
    BY_LAW: "D’après la loi", "Volgens de wet", "By law", "Nach dem Gesetz";
    BY_LAW_UNKNOWN: "inconnu : on ne sait pas de quel pays la loi s’applique",
        "onbekend: het is niet bekend van welk land de wet geldt",
        "unknown: it is not known which country’s law applies",
        "unbekannt: Es ist nicht bekannt, welches Landes Gesetz gilt";
    BY_DECLARATION: "D’après {operator}", "Volgens {operator}", "According to {operator}",
        "Laut {operator}";
    BY_DECLARATION_UNKNOWN: "D’après l’opérateur", "Volgens de operator",
        "According to the operator", "Laut Betreiber";
    RECORDED: "Sur cette Brique", "Op deze box", "On this box", "Auf dieser Box";
    HELD: "À conserver", "Te bewaren", "To be held", "Zu speichern";
    GONE: "Délai passé", "Termijn voorbij", "Period over", "Frist vorbei";
    NOT_KEPT: "Rien ne l’impose", "Niets vereist het", "Nothing requires it", "Nichts verlangt es";
    NOT_DECLARED: "Rien n’est dit", "Niets gezegd", "Nothing is said", "Nichts gesagt";
    CANNOT_TELL: "Impossible à dire", "Niet te zeggen", "Cannot be told", "Nicht zu sagen";
    OLDEST: "La plus ancienne", "De oudste", "The oldest", "Die älteste";
    NEXT: "La suivante à effacer", "Eerstvolgende te wissen", "Next to go", "Als Nächste zu löschen";
    NEXT_IS: "{id}, à partir du {day}", "{id}, vanaf {day}", "{id}, from {day}", "{id}, ab dem {day}";
    NEXT_UNKNOWN: "pas encore de date", "nog geen datum", "no date yet", "noch kein Datum";
    OLDEST_IS: "{id}, {start}", "{id}, {start}", "{id}, {start}", "{id}, {start}";
    SESSIONS_OPEN: "{sessions}, dont {open} en cours", "{sessions}, waarvan {open} bezig",
        "{sessions}, {open} of them open", "{sessions}, davon {open} laufend";
    COUNTED: "Un enregistrement compte tant qu’une de ses données est à conserver. L’identité \
              tenue avec le contrat n’est pas comptée ici.",
        "Een registratie telt mee zolang één van haar gegevens te bewaren is. De identiteit die bij \
         het contract wordt bewaard, telt hier niet mee.",
        "A record counts as long as any of its fields is to be kept. The identity kept with the \
         contract is not counted here.",
        "Ein Eintrag zählt, solange eine seiner Angaben zu speichern ist. Die Identität, die mit \
         dem Vertrag gespeichert wird, zählt hier nicht.";
    UNTOLD_BETWEEN: "le jour exact n’est pas connu", "de precieze dag is niet bekend",
        "the exact day is not known", "der genaue Tag ist nicht bekannt";
    UNTOLD_DEPENDS: "cela dépend de ce que la Brique ne peut pas savoir",
        "het hangt af van wat de box niet kan weten",
        "it depends on what the box cannot know",
        "es hängt von dem ab, was die Box nicht wissen kann";
    UNTOLD_GAP: "temoin ne connaît pas de texte de loi pour ces jours",
        "temoin kent geen wettekst voor die dagen",
        "temoin knows of no text of law for these days",
        "temoin kennt für diese Tage keinen Gesetzestext";
    UNTOLD_LEFT_OPEN: "le texte de ces jours a été annulé, ou n’a pas été établi",
        "de tekst van die dagen is vernietigd of niet vastgesteld",
        "the text of these days was annulled, or not established",
        "der Text dieser Tage wurde für nichtig erklärt oder nicht ermittelt";
    UNTOLD_NO_LENGTH: "conservé, sans dire combien de temps", "bewaard, zonder te zeggen hoelang",
        "stored, without saying for how long", "gespeichert, ohne zu sagen, wie lange";
    UNTOLD_STALE: "la dernière comparaison avec la loi est trop ancienne",
        "de laatste vergelijking met de wet is te lang geleden",
        "the last comparison with the law is too old",
        "der letzte Vergleich mit dem Gesetz liegt zu lange zurück";
    UNTOLD_UNDATED: "les jours de la session ne sont pas connus",
        "de dagen van de sessie zijn niet bekend",
        "the days of the session are not known",
        "die Tage der Sitzung sind nicht bekannt";
    UNTOLD_ROW: "{sessions} : {why}", "{sessions}: {why}", "{sessions}: {why}", "{sessions}: {why}";
}

/// So many days.
pub(super) const DAYS: Plural = Plural {
    one: Message { fr: "{count} jour", nl: "{count} dag", en: "{count} day", de: "{count} Tag" },
    other: Message {
        fr: "{count} jours",
        nl: "{count} dagen",
        en: "{count} days",
        de: "{count} Tage",
    },
};

/// So many calendar months.
pub(super) const MONTHS: Plural = Plural {
    one: Message {
        fr: "{count} mois",
        nl: "{count} maand",
        en: "{count} month",
        de: "{count} Monat",
    },
    other: Message {
        fr: "{count} mois",
        nl: "{count} maanden",
        en: "{count} months",
        de: "{count} Monate",
    },
};

/// So many calendar years.
pub(super) const YEARS: Plural = Plural {
    one: Message { fr: "{count} an", nl: "{count} jaar", en: "{count} year", de: "{count} Jahr" },
    other: Message {
        fr: "{count} ans",
        nl: "{count} jaar",
        en: "{count} years",
        de: "{count} Jahre",
    },
};

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::i18n::Language;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_message_is_whole_and_has_the_same_placeholders_in_every_language() {
        for (name, message) in ALL {
            let known = placeholders(message.text(Language::French));
            for language in Language::ALL {
                let text = message.text(language);
                assert!(!text.is_empty() && text.trim() == text, "{name} {language}");
                assert!(!text.contains("  ") && !text.contains(['\n', '\'']), "{name} {language}");
                assert_eq!(placeholders(text), known, "{name} {language}");
            }
        }
    }
}
