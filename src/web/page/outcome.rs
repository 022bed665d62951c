use std::collections::BTreeSet;

use super::layout::Visit;
use super::stack::stack;
use crate::domain::{Field, Moment, Session, SessionId};
use crate::i18n::{Message, Plural, SESSIONS, vocabulary};
use crate::rights::{Comparison, Differing, HeldUnknown, Record, Said};
use crate::web::html::Html;

/// What came of comparing an operator's answer with the record.
pub(super) struct Outcome<'a> {
    /// What each says of the other.
    pub(super) comparison: Comparison,
    /// The fields of which the answer gives a value.
    pub(super) given: &'a BTreeSet<Field>,
    /// The sessions that were compared.
    pub(super) sessions: &'a [Session],
    /// The fields that the law lists or the operator declares.
    pub(super) foreseen: Vec<Field>,
}

/// How many sessions of a kind are shown: nothing is kept, so there is no second page.
const SHOWN: usize = 30;

impl Outcome<'_> {
    /// Writes it: in short, field by field, and what is to be looked at session by session.
    pub(super) fn write(&self, html: &mut Html, visit: &Visit) {
        let Comparison { same, differing, held_unknown_here, known_here_not_held, .. } =
            &self.comparison;
        let agrees =
            differing.is_empty() && held_unknown_here.is_empty() && known_here_not_held.is_empty();
        let (class, message) = match (agrees, same.is_empty()) {
            (true, true) => ("notice", &NOTHING),
            (true, false) => ("notice done", &AGREES),
            (false, _) => ("notice", &DIFFERS),
        };
        html.element("div", &[("class", class), ("role", "status")], |html| {
            html.leaf("p", &[], visit.say(message));
        });
        html.element("dl", &[("class", "facts-list counts")], |html| {
            for (name, count) in [
                (&SAME, same.len()),
                (&DIFFERING, differing.len()),
                (&UNKNOWN_HERE, held_unknown_here.len()),
                (&NOT_HELD, known_here_not_held.len()),
            ] {
                html.leaf("dt", &[], visit.say(name));
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                html.leaf("dd", &[], SESSIONS.fill(visit.language(), count, &[]));
            }
        });
        self.fields(html, visit);
        section(html, visit, &DIFFERING, &DIFFERING_WHAT, differing, |html, own| {
            self.difference(html, visit, own);
        });
        section(html, visit, &UNKNOWN_HERE, &UNKNOWN_HERE_WHAT, held_unknown_here, |html, own| {
            self.held(html, visit, own);
        });
        section(html, visit, &NOT_HELD, &NOT_HELD_WHAT, known_here_not_held, |html, own| {
            html.element("p", &[], |html| {
                session_link(
                    html,
                    visit,
                    own.session,
                    &span(visit, Some(&own.start), own.end.as_ref()),
                );
            });
        });
        html.element("div", &[("class", "end")], |html| {
            html.leaf("p", &[("class", "note")], visit.say(&CAUTION));
            html.leaf("p", &[("class", "note")], visit.say(&FORGOTTEN));
            if !agrees {
                html.element("p", &[("class", "actions")], |html| {
                    let href = visit.link_with("rights/complaint", &[("about", "incomplete")]);
                    html.leaf("a", &[("href", &href)], visit.say(&COMPLAIN));
                });
            }
        });
    }

    /// Each field, with what the two sides say of it over all sessions.
    fn fields(&self, html: &mut Html, visit: &Visit) {
        let heads = [&FIELD, &VERDICT, &DETAIL].map(|head| visit.say(head));
        let row = |html: &mut Html, field: Field, verdict: Verdict, detail: &str| {
            html.element("tr", &[], |html| {
                let scope = [("scope", "row")];
                html.leaf("th", &scope, visit.say(vocabulary::field(field)));
                html.element("td", &[("data-head", heads[1])], |html| {
                    html.leaf("span", &[("class", verdict.class())], visit.say(verdict.name()));
                });
                html.leaf("td", &[("data-head", heads[2])], detail);
            });
        };
        let caption =
            |html: &mut Html| html.leaf("caption", &[("class", "unseen")], visit.say(&FIELDS));
        let rows = |html: &mut Html| {
            for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
                let counts = Counts::of(field, &self.comparison);
                let Some(verdict) = counts.verdict(self.given.contains(&field)) else {
                    continue;
                };
                row(html, field, verdict, &counts.written(visit));
            }
            for field in &self.comparison.also_held {
                let (verdict, detail) = if self.foreseen.contains(field) {
                    (Verdict::Besides, &FORESEEN)
                } else {
                    (Verdict::Unforeseen, &UNFORESEEN)
                };
                row(html, *field, verdict, visit.say(detail));
            }
        };
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&FIELDS));
            stack(html, "stack brief", &heads, caption, rows);
            if !self.comparison.unread_columns.is_empty() {
                html.element("p", &[("class", "note")], |html| {
                    html.text(visit.say(&UNREAD));
                    for column in &self.comparison.unread_columns {
                        html.text(" ");
                        html.leaf("code", &[], column);
                    }
                });
            }
        });
    }

    /// A session of which the two sides say something else: only the fields that are to be looked at.
    fn difference(&self, html: &mut Html, visit: &Visit, differing: &Differing) {
        let heads = [&FIELD, &HERE, &THERE].map(|head| visit.say(head));
        let caption = |html: &mut Html| {
            html.element("caption", &[], |html| {
                self.session(html, visit, differing.session);
                html.text(", ");
                html.text(differing.place.written(visit.language()));
            });
        };
        let rows = |html: &mut Html| {
            for own in &differing.differences {
                html.element("tr", &[], |html| {
                    let scope = [("scope", "row")];
                    html.leaf("th", &scope, visit.say(vocabulary::field(own.field)));
                    for (head, value) in [(heads[1], &own.here), (heads[2], &own.operator)] {
                        let attributes = [("data-head", head)];
                        html.element("td", &attributes, |html| said(html, visit, value));
                    }
                });
            }
        };
        stack(html, "stack compared", &heads, caption, rows);
        if !differing.cannot_tell.is_empty() {
            let fields = vocabulary::fields(&differing.cannot_tell, visit.language());
            let text = CANNOT_TELL.fill(visit.language(), &[("fields", &fields)]);
            html.leaf("p", &[("class", "note")], text);
        }
    }

    /// A record that fits no session of the box.
    fn held(&self, html: &mut Html, visit: &Visit, HeldUnknown { record, within }: &HeldUnknown) {
        html.element("p", &[], |html| {
            let place = record.place.written(visit.language());
            html.text(vocabulary::capitalised(&place));
            html.text(" · ");
            html.text(span(visit, record.began().as_ref(), record.end.as_ref()));
            for address in addresses(record) {
                html.text(" · ");
                html.leaf("code", &[], address);
            }
            if let Some(session) = within {
                html.void("br", &[]);
                html.text(visit.say(&WITHIN));
                html.text(" ");
                self.session(html, visit, *session);
            }
        });
    }

    /// A session by when it began.
    fn session(&self, html: &mut Html, visit: &Visit, id: SessionId) {
        let start = self.sessions.iter().find(|own| own.id == id).map(|own| own.start.value);
        let start = start.map_or_else(|| id.short(), |start| visit.when.brief(&start, None));
        session_link(html, visit, id, &SESSION.fill(visit.language(), &[("start", &start)]));
    }
}

/// What the two sides say of a field.
#[derive(Clone, Copy)]
enum Verdict {
    /// Only the answer has it, and it was to be expected there.
    Besides,
    /// In at least one session they say something else.
    Differs,
    /// Only the box knows it.
    Missing,
    /// They say the same wherever it can be compared.
    Same,
    /// It can be compared in no session.
    Unclear,
    /// Only the answer has it, and neither law nor operator speak of it.
    Unforeseen,
}

impl Verdict {
    fn class(self) -> &'static str {
        match self {
            Self::Same => "badge open",
            Self::Differs | Self::Unforeseen => "badge warn",
            Self::Besides | Self::Missing | Self::Unclear => "badge",
        }
    }

    fn name(self) -> &'static Message {
        match self {
            Self::Besides => &IS_BESIDES,
            Self::Differs => &IS_DIFFERENT,
            Self::Missing => &IS_MISSING,
            Self::Same => &IS_SAME,
            Self::Unclear => &IS_UNCLEAR,
            Self::Unforeseen => &IS_UNFORESEEN,
        }
    }
}

/// In how many sessions a field is how.
struct Counts {
    same: usize,
    differs: usize,
    cannot_tell: usize,
}

impl Counts {
    fn of(field: Field, comparison: &Comparison) -> Self {
        let Comparison { same, differing, .. } = comparison;
        let agrees = same.iter().map(|it| &it.agrees).chain(differing.iter().map(|it| &it.agrees));
        let untold = same.iter().map(|it| &it.cannot_tell);
        let untold = untold.chain(differing.iter().map(|it| &it.cannot_tell));
        let differs = |it: &&Differing| it.differences.iter().any(|own| own.field == field);
        Self {
            same: agrees.filter(|fields| fields.contains(&field)).count(),
            differs: differing.iter().filter(differs).count(),
            cannot_tell: untold.filter(|fields| fields.contains(&field)).count(),
        }
    }

    /// `None` where neither side knows anything.
    fn verdict(&self, is_given: bool) -> Option<Verdict> {
        match self {
            Self { differs: 1.., .. } => Some(Verdict::Differs),
            Self { same: 1.., .. } => Some(Verdict::Same),
            Self { cannot_tell: 1.., .. } if is_given => Some(Verdict::Unclear),
            Self { cannot_tell: 1.., .. } => Some(Verdict::Missing),
            _ => None,
        }
    }

    fn written(&self, visit: &Visit) -> String {
        let parts =
            [(&SAME_IN, self.same), (&DIFFERENT_IN, self.differs), (&UNCLEAR_IN, self.cannot_tell)];
        let counted: Vec<(&Plural, u64)> = parts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name, u64::try_from(count).unwrap_or(u64::MAX)))
            .collect();
        // The verdict beside it says how the only ones are.
        if let [(_, count)] = counted.as_slice() {
            return SESSIONS.fill(visit.language(), *count, &[]);
        }
        let written = counted.iter().map(|(name, count)| name.fill(visit.language(), *count, &[]));
        written.collect::<Vec<_>>().join(" · ")
    }
}

/// Some sessions under a heading, none where there are none.
fn section<T>(
    html: &mut Html,
    visit: &Visit,
    title: &Message,
    what: &Message,
    items: &[T],
    mut write: impl FnMut(&mut Html, &T),
) {
    if items.is_empty() {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(title));
        html.leaf("p", &[], visit.say(what));
        for item in items.iter().take(SHOWN) {
            write(html, item);
        }
        if let Some(more) = items.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            html.element("p", &[("class", "note")], |html| {
                html.text(MORE.fill(visit.language(), more, &[]));
                html.text(" ");
                html.leaf("code", &[], "temoin compare");
            });
        }
    });
}

fn said(html: &mut Html, visit: &Visit, said: &Said) {
    match said {
        Said::Moment(moment) => html.text(visit.when.moment(moment)),
        Said::Text(text) => html.leaf("code", &[], text),
    }
}

fn addresses(record: &Record) -> Vec<String> {
    [
        record.origin_address.map(|it| it.to_string()),
        record.assigned_ipv4.map(|it| it.to_string()),
        record.assigned_ipv6.map(|it| it.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From when to when, in few words.
fn span(visit: &Visit, start: Option<&Moment>, end: Option<&Moment>) -> String {
    let day = start.and_then(Moment::best).map(|at| visit.when.zone.date(at));
    let brief = |moment: Option<&Moment>, day| {
        moment.map_or_else(|| "…".to_owned(), |moment| visit.when.brief(moment, day))
    };
    format!("{} – {}", brief(start, None), brief(end, day))
}

fn session_link(html: &mut Html, visit: &Visit, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &visit.link(&format!("session/{id}")))], text);
}

const NOTHING: Message = Message {
    fr: "Rien à comparer\u{a0}: ni la réponse ni cette Brique n’a de session pour cette période.",
    nl: "Niets te vergelijken: noch het antwoord noch deze box heeft een sessie voor die periode.",
    en: "Nothing to compare: neither the answer nor this box has a session of that time.",
    de: "Nichts zu vergleichen: Weder die Antwort noch diese Box hat eine Sitzung aus dieser Zeit.",
};

const AGREES: Message = Message {
    fr: "L’opérateur et cette Brique disent la même chose, pour tout ce qui peut se comparer.",
    nl: "De operator en deze box zeggen hetzelfde, voor alles wat te vergelijken valt.",
    en: "The operator and this box say the same, as far as they can be compared.",
    de: "Der Betreiber und diese Box sagen dasselbe, soweit es sich vergleichen lässt.",
};

const DIFFERS: Message = Message {
    fr: "L’opérateur et cette Brique ne disent pas tout à fait la même chose. Une différence peut être \
         sans gravité\u{a0}: demandez d’abord à l’opérateur.",
    nl: "De operator en deze box zeggen niet helemaal hetzelfde. Een verschil kan onschuldig zijn: vraag \
         het eerst aan de operator.",
    en: "The operator and this box do not quite say the same. A difference may be harmless: ask the \
         operator first.",
    de: "Der Betreiber und diese Box sagen nicht ganz dasselbe. Ein Unterschied kann harmlos sein: Fragen \
         Sie zuerst den Betreiber.",
};

const SAME: Message = Message {
    fr: "Pareilles des deux côtés",
    nl: "Aan beide kanten gelijk",
    en: "The same on both sides",
    de: "Auf beiden Seiten gleich",
};

const DIFFERING: Message =
    Message { fr: "Différentes", nl: "Verschillend", en: "Different", de: "Abweichend" };

const DIFFERING_WHAT: Message = Message {
    fr: "Ces sessions sont connues des deux côtés, mais ces données ne sont pas les mêmes.",
    nl: "Deze sessies zijn aan beide kanten bekend, maar deze gegevens zijn niet dezelfde.",
    en: "Both sides know these sessions, but these values are not the same.",
    de: "Beide Seiten kennen diese Sitzungen, aber diese Angaben sind nicht dieselben.",
};

const UNKNOWN_HERE: Message = Message {
    fr: "Chez l’opérateur seulement",
    nl: "Alleen bij de operator",
    en: "Only at the operator’s",
    de: "Nur beim Betreiber",
};

const UNKNOWN_HERE_WHAT: Message = Message {
    fr: "Peut-être d’un autre appareil, ou d’un moment où temoin était à l’arrêt.",
    nl: "Misschien van een ander toestel, of van een moment waarop temoin niet liep.",
    en: "Perhaps of another device, or of a time when temoin was not running.",
    de: "Vielleicht von einem anderen Gerät, oder aus einer Zeit, in der temoin nicht lief.",
};

const NOT_HELD: Message = Message {
    fr: "Sur cette Brique seulement",
    nl: "Alleen op deze box",
    en: "Only on this box",
    de: "Nur auf dieser Box",
};

const NOT_HELD_WHAT: Message = Message {
    fr: "Absentes de la réponse\u{a0}: peut-être déjà effacées chez l’opérateur, ou hors de la période \
         de la réponse.",
    nl: "Niet in het antwoord: misschien al gewist bij de operator, of buiten de periode ervan.",
    en: "Not in the answer: perhaps erased already at the operator’s, or outside the answer’s period.",
    de: "Nicht in der Antwort: vielleicht beim Betreiber schon gelöscht, oder außerhalb ihres Zeitraums.",
};

const FIELDS: Message = Message {
    fr: "Donnée par donnée",
    nl: "Gegeven per gegeven",
    en: "Field by field",
    de: "Angabe für Angabe",
};

const FIELD: Message = Message { fr: "Donnée", nl: "Gegeven", en: "Field", de: "Angabe" };

const VERDICT: Message = Message { fr: "Résultat", nl: "Uitkomst", en: "Outcome", de: "Ergebnis" };

const DETAIL: Message = Message { fr: "Détail", nl: "Detail", en: "Detail", de: "Einzelheiten" };

const HERE: Message =
    Message { fr: "Cette Brique", nl: "Deze box", en: "This box", de: "Diese Box" };

const THERE: Message =
    Message { fr: "L’opérateur", nl: "De operator", en: "The operator", de: "Der Betreiber" };

const IS_SAME: Message = Message { fr: "pareil", nl: "gelijk", en: "the same", de: "gleich" };

const IS_DIFFERENT: Message =
    Message { fr: "différent", nl: "verschilt", en: "differs", de: "weicht ab" };

const IS_MISSING: Message = Message { fr: "absent", nl: "ontbreekt", en: "missing", de: "fehlt" };

const IS_UNCLEAR: Message =
    Message { fr: "incomparable", nl: "onduidelijk", en: "unclear", de: "unklar" };

const IS_BESIDES: Message =
    Message { fr: "en plus", nl: "daarnaast", en: "besides", de: "außerdem" };

const IS_UNFORESEEN: Message =
    Message { fr: "non prévu", nl: "niet voorzien", en: "not foreseen", de: "nicht vorgesehen" };

const FORESEEN: Message = Message {
    fr: "La réponse le donne. La loi le cite ou l’opérateur le déclare\u{a0}; cette Brique ne le note pas.",
    nl: "Het antwoord geeft het. De wet noemt het of de operator verklaart het; deze box noteert het niet.",
    en: "The answer gives it. The law names it or the operator declares it; this box does not note it.",
    de: "Die Antwort nennt es. Das Gesetz führt es auf, oder der Betreiber erklärt es; diese Box hält es \
         nicht fest.",
};

const UNFORESEEN: Message = Message {
    fr: "La réponse le donne, mais ni la loi ni la déclaration de l’opérateur ne le citent. Demandez-lui \
         pourquoi il le garde.",
    nl: "Het antwoord geeft het, maar noch de wet noch de verklaring van de operator noemt het. Vraag hem \
         waarom hij het bewaart.",
    en: "The answer gives it, but neither the law nor the operator’s declaration names it. Ask why it is \
         held.",
    de: "Die Antwort nennt es, aber weder das Gesetz noch die Erklärung des Betreibers führen es auf. \
         Fragen Sie ihn, warum er es speichert.",
};

const SAME_IN: Plural = Plural {
    one: Message {
        fr: "pareil dans {count} session",
        nl: "gelijk in {count} sessie",
        en: "the same in {count} session",
        de: "gleich in {count} Sitzung",
    },
    other: Message {
        fr: "pareil dans {count} sessions",
        nl: "gelijk in {count} sessies",
        en: "the same in {count} sessions",
        de: "gleich in {count} Sitzungen",
    },
};

const DIFFERENT_IN: Plural = Plural {
    one: Message {
        fr: "différent dans {count}",
        nl: "verschillend in {count}",
        en: "different in {count}",
        de: "abweichend in {count}",
    },
    other: Message {
        fr: "différent dans {count}",
        nl: "verschillend in {count}",
        en: "different in {count}",
        de: "abweichend in {count}",
    },
};

const UNCLEAR_IN: Plural = Plural {
    one: Message {
        fr: "impossible à comparer dans {count}",
        nl: "niet te vergelijken in {count}",
        en: "not comparable in {count}",
        de: "nicht vergleichbar in {count}",
    },
    other: Message {
        fr: "impossible à comparer dans {count}",
        nl: "niet te vergelijken in {count}",
        en: "not comparable in {count}",
        de: "nicht vergleichbar in {count}",
    },
};

const UNREAD: Message = Message {
    fr: "temoin n’a pas compris ces colonnes de la réponse\u{a0}:",
    nl: "temoin heeft deze kolommen van het antwoord niet begrepen:",
    en: "temoin did not understand these columns of the answer:",
    de: "temoin hat diese Spalten der Antwort nicht verstanden:",
};

const SESSION: Message = Message {
    fr: "Session du {start}",
    nl: "Sessie van {start}",
    en: "Session of {start}",
    de: "Sitzung vom {start}",
};

const CANNOT_TELL: Message = Message {
    fr: "Impossible à comparer\u{a0}: {fields}.",
    nl: "Niet te vergelijken: {fields}.",
    en: "Cannot be compared: {fields}.",
    de: "Nicht vergleichbar: {fields}.",
};

const WITHIN: Message = Message {
    fr: "L’opérateur compte peut-être plusieurs sessions là où cette Brique, qui ne pouvait pas voir les \
         reconnexions, n’en a vu qu’une\u{a0}:",
    nl: "De operator telt misschien meerdere sessies waar deze box, die herverbindingen niet kon zien, er \
         maar één zag:",
    en: "The operator may count several sessions where this box, which could not see reconnects, saw one:",
    de: "Der Betreiber zählt vielleicht mehrere Sitzungen, wo diese Box, die Neuverbindungen nicht sehen \
         konnte, nur eine sah:",
};

const MORE: Plural = Plural {
    one: Message {
        fr: "Et {count} autre. Cette commande, sur la Brique, les donne toutes\u{a0}:",
        nl: "En nog {count}. Deze opdracht geeft ze op de box allemaal:",
        en: "And {count} more. On the box, this command gives all of them:",
        de: "Und {count} weitere. Auf der Box nennt dieser Befehl alle:",
    },
    other: Message {
        fr: "Et {count} autres. Cette commande, sur la Brique, les donne toutes\u{a0}:",
        nl: "En nog {count}. Deze opdracht geeft ze op de box allemaal:",
        en: "And {count} more. On the box, this command gives all of them:",
        de: "Und {count} weitere. Auf der Box nennt dieser Befehl alle:",
    },
};

const CAUTION: Message = Message {
    fr: "Une différence n’est pas forcément une faute\u{a0}: les horloges diffèrent, une adresse peut \
         changer en cours de session, et chaque côté voit la fin à sa manière. temoin compare ce que dit \
         la réponse\u{a0}; il ne voit pas les disques de l’opérateur.",
    nl: "Een verschil is niet noodzakelijk een fout: klokken lopen uiteen, een adres kan tijdens een \
         sessie veranderen, en elke kant ziet het einde op zijn manier. temoin vergelijkt wat het \
         antwoord zegt; de schijven van de operator ziet het niet.",
    en: "A difference need not be a fault: clocks differ, an address can change during a session, and \
         each side sees the end in its own way. temoin compares what the answer says; the operator’s \
         disks it cannot see.",
    de: "Eine Abweichung muss kein Fehler sein: Uhren gehen verschieden, eine Adresse kann sich während \
         einer Sitzung ändern, und jede Seite sieht das Ende auf ihre Weise. temoin vergleicht, was die \
         Antwort sagt; die Festplatten des Betreibers sieht es nicht.",
};

const FORGOTTEN: Message = Message {
    fr: "Le fichier n’a été gardé nulle part. Imprimez cette page si vous voulez garder le résultat.",
    nl: "Het bestand werd nergens bewaard. Druk deze pagina af als u het resultaat wilt houden.",
    en: "The file was kept nowhere. Print this page if you want to keep the outcome.",
    de: "Die Datei wurde nirgends gespeichert. Drucken Sie diese Seite, wenn Sie das Ergebnis behalten \
         möchten.",
};

const COMPLAIN: Message = Message {
    fr: "Une lettre pour se plaindre d’une réponse incomplète",
    nl: "Een brief om te klagen over een onvolledig antwoord",
    en: "A letter to complain about an incomplete answer",
    de: "Ein Schreiben, um sich über eine unvollständige Antwort zu beschweren",
};
