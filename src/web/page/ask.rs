use chrono::{NaiveDate, TimeDelta};

use super::cite::sources;
use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::domain::Timestamp;
use crate::i18n::{Message, Plural};
use crate::retention::{
    Edition, Jurisdiction, Law, Nature, Recipients, RequirementKind, Rule, Track, vocabulary,
};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// How long after its last day an edition is still shown, in days: for so long records made under it
/// may be held.
const STILL_HELD: TimeDelta = TimeDelta::days(400);

/// Who may ask the operator for the records and how, and what is not known of that.
pub(in crate::web) fn ask(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/ask" {
        return Err(request);
    }
    let visit = Visit::new(site, &request);
    let Ok(book) = (site.book)() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let rulebook = book.rulebook();
    let now = (site.clock)();
    let title = visit.say(Room::Ask.name());
    let html = visit.page(Some(Room::Ask), title, |html| {
        html.leaf("h1", &[], title);
        let operator =
            rulebook.profile.map_or_else(|| visit.say(&THE_OPERATOR), |it| it.name.as_str());
        short(html, &visit, operator);
        match rulebook.jurisdiction {
            Some(jurisdiction) => law(html, &visit, rulebook.law, jurisdiction, now),
            None => html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], visit.say(&NO_OPERATOR));
                html.element("p", &[], |html| {
                    let href = visit.link(Room::Settings.path());
                    html.leaf("a", &[("href", &href)], visit.say(&CHOOSE));
                });
            }),
        }
        unseen(html, &visit);
    });
    Ok(Response::html(Status::Ok, html))
}

/// What to know when there is time for three sentences.
fn short(html: &mut Html, visit: &Visit, operator: &str) {
    let lead = LEAD.fill(visit.language(), &[("operator", operator)]);
    html.leaf("p", &[("class", "lead")], lead);
    html.element("ul", &[("class", "lead")], |html| {
        for message in [&ONLY_NAMED, &NEVER_CONTENT, &NO_SIGN] {
            html.leaf("li", &[], visit.say(message));
        }
    });
}

/// What the law says, edition by edition: those that apply today, and those under which records were
/// made that may still be held.
fn law(html: &mut Html, visit: &Visit, law: &Law, jurisdiction: Jurisdiction, now: Timestamp) {
    for track in [Track::General, Track::Injunction] {
        let today = |edition: &Edition| edition.zone.date(now);
        let known: Vec<&Edition> = law.track(jurisdiction, track).collect();
        if known.is_empty() {
            continue;
        }
        if !known.iter().any(|edition| edition.covers(today(edition))) {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf(
                    "p",
                    &[],
                    visit.say(match track {
                        Track::General => &NO_LAW_TODAY,
                        Track::Injunction => &NO_INJUNCTION_TODAY,
                    }),
                );
            });
        }
        let shown = known.into_iter().rev().filter(|edition| {
            let day = today(edition);
            edition.effective_from <= day
                && edition.effective_to.is_none_or(|last| day - last <= STILL_HELD)
        });
        for edition in shown {
            Chapter { edition, visit, today: today(edition) }.write(html);
        }
    }
}

/// One edition of law.
struct Chapter<'a> {
    edition: &'a Edition,
    visit: &'a Visit,
    today: NaiveDate,
}

impl Chapter<'_> {
    fn write(&self, html: &mut Html) {
        html.element("section", &[], |html| {
            self.head(html);
            // What must be kept of everybody first, what the operator may keep for itself last.
            let mut groups: Vec<(&Recipients, Vec<&Rule>)> = self
                .edition
                .recipients
                .iter()
                .map(|recipients| (recipients, self.rules_for(recipients).collect()))
                .collect();
            groups.sort_by_key(|(_, rules)| {
                let rank = |rule: &&Rule| (rule.nature != Nature::Must, rule.applies_to);
                rules.iter().map(rank).min()
            });
            for (recipients, rules) in groups.iter().filter(|(_, rules)| !rules.is_empty()) {
                self.recipients(html, recipients, rules);
            }
            for kind in [
                RequirementKind::RequestMust,
                RequirementKind::OperatorMust,
                RequirementKind::OperatorMay,
                RequirementKind::ReceiverMust,
            ] {
                self.requirements(html, kind);
            }
            self.never(html);
            self.list(html, &PUNISHED, &self.edition.penalties, |penalty| {
                (penalty.label.text(self.visit.language()), &penalty.basis)
            });
            self.pending(html);
        });
    }

    fn head(&self, html: &mut Html) {
        let (edition, visit) = (self.edition, self.visit);
        html.leaf("h2", &[], edition.title.text(visit.language()));
        let from = visit.when.short_date(edition.effective_from);
        let status = visit.say(vocabulary::status(edition.status));
        html.element("p", &[("class", "note")], |html| {
            match edition.effective_to.map(|last| visit.when.short_date(last)) {
                Some(last) => {
                    let values = [("from", from.as_str()), ("to", &last)];
                    html.text(APPLIED.fill(visit.language(), &values));
                }
                None => html.text(APPLIES.fill(visit.language(), &[("from", &from)])),
            }
            html.text(format_args!(" · {status}"));
        });
        if !edition.covers(self.today) {
            html.leaf("p", &[], visit.say(&STILL_APPLIES));
        }
        if self.today > edition.fresh_until() {
            let day = visit.when.short_date(edition.checked_on);
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], STALE.fill(visit.language(), &[("day", &day)]));
            });
        }
        if let Some(note) = &edition.note {
            html.leaf("p", &[], note.text(visit.language()));
        }
    }

    fn rules_for(&self, recipients: &Recipients) -> impl Iterator<Item = &Rule> {
        let named = self.edition.rules.iter();
        named.filter(|rule| rule.recipients.as_ref() == Some(&recipients.id))
    }

    /// Who may obtain what some rules have kept.
    fn recipients(&self, html: &mut Html, recipients: &Recipients, rules: &[&Rule]) {
        let (visit, language) = (self.visit, self.visit.language());
        html.element("section", &[("class", "card")], |html| {
            html.leaf("h3", &[], visit.say(&OF_THIS));
            html.element("ul", &[], |html| {
                for rule in rules {
                    html.element("li", &[], |html| {
                        html.leaf("strong", &[], rule.label.text(language));
                        let nature = visit.say(vocabulary::nature(rule.nature));
                        let cases = visit.say(vocabulary::applies_to(rule.applies_to));
                        let certainty = visit.say(vocabulary::certainty(rule.certainty));
                        html.text(format_args!(" – {nature}, {cases} "));
                        html.leaf("span", &[("class", "unknown")], format_args!("({certainty})"));
                    });
                }
            });
            html.leaf("h3", &[], visit.say(&BY_THESE));
            let authorities = self.edition.authorities_of(recipients);
            let list = |html: &mut Html| {
                html.element("ul", &[], |html| {
                    for authority in &authorities {
                        html.leaf("li", &[], authority.label.text(language));
                    }
                });
            };
            if authorities.len() > FEW {
                html.element("details", &[], |html| {
                    let count = u64::try_from(authorities.len()).unwrap_or(u64::MAX);
                    let summary = CLASSES.fill(language, count, &[]);
                    html.leaf("summary", &[], summary);
                    list(html);
                });
            } else {
                list(html);
            }
            if let Some(note) = &recipients.note {
                html.leaf("p", &[], note.text(language));
            }
            sources(html, visit, self.edition, &recipients.basis);
        });
    }

    fn requirements(&self, html: &mut Html, kind: RequirementKind) {
        let of_kind: Vec<_> =
            self.edition.requirements.iter().filter(|it| it.kind == kind).collect();
        let heading = vocabulary::requirement_kind(kind);
        if of_kind.is_empty() && kind == RequirementKind::ReceiverMust {
            html.leaf("h3", &[], self.visit.say(heading));
            html.leaf("p", &[("class", "unknown")], self.visit.say(&NOTHING_FOUND));
            return;
        }
        self.list(html, heading, &of_kind, |requirement| {
            (requirement.label.text(self.visit.language()), &requirement.basis)
        });
    }

    /// What is never among the data.
    fn never(&self, html: &mut Html) {
        let (visit, language) = (self.visit, self.visit.language());
        let forbidden: Vec<&Rule> =
            self.edition.rules.iter().filter(|it| it.nature == Nature::MustNot).collect();
        if forbidden.is_empty() && self.edition.default.is_none() {
            return;
        }
        html.leaf("h3", &[], visit.say(&NEVER));
        html.element("ul", &[], |html| {
            for rule in forbidden {
                html.element("li", &[], |html| {
                    html.leaf("strong", &[], rule.label.text(language));
                    let certainty = visit.say(vocabulary::certainty(rule.certainty));
                    html.text(" ");
                    html.leaf("span", &[("class", "unknown")], format_args!("({certainty})"));
                    if let Some(note) = &rule.note {
                        html.leaf("p", &[], note.text(language));
                    }
                    sources(html, visit, self.edition, &rule.basis);
                });
            }
            if let Some(default) = &self.edition.default {
                html.element("li", &[], |html| {
                    html.text(default.label.text(language));
                    sources(html, visit, self.edition, &default.basis);
                });
            }
        });
    }

    fn pending(&self, html: &mut Html) {
        let (visit, language) = (self.visit, self.visit.language());
        if self.edition.pending.is_empty() {
            return;
        }
        html.leaf("h3", &[], visit.say(&PENDING));
        html.element("ul", &[], |html| {
            for challenge in &self.edition.pending {
                html.element("li", &[], |html| {
                    html.text(challenge.what.text(language));
                    let affected = self.edition.rules.iter();
                    let affected = affected.filter(|rule| challenge.affects.contains(&rule.id));
                    let labels: Vec<&str> =
                        affected.map(|rule| rule.label.text(language)).collect();
                    let values = [("what", labels.join("; "))];
                    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                    html.leaf("p", &[("class", "note")], AFFECTS.fill(language, &values));
                    if let Some(address) = &challenge.url {
                        html.element("p", &[("class", "source")], |html| {
                            let attributes = [("href", address.as_str()), ("rel", "noreferrer")];
                            html.leaf("a", &attributes, address);
                        });
                    }
                });
            }
        });
    }

    /// A heading and what stands below it, each with where it is laid down; nothing where there is
    /// nothing.
    fn list<'b, T>(
        &self,
        html: &mut Html,
        heading: &Message,
        items: &'b [T],
        part: impl Fn(&'b T) -> (&'b str, &'b Vec<crate::retention::Id>),
    ) {
        if items.is_empty() {
            return;
        }
        html.leaf("h3", &[], self.visit.say(heading));
        html.element("ul", &[], |html| {
            for item in items {
                let (label, basis) = part(item);
                html.element("li", &[], |html| {
                    html.text(label);
                    sources(html, self.visit, self.edition, basis);
                });
            }
        });
    }
}

/// What nobody on this side of the tunnel can know.
fn unseen(html: &mut Html, visit: &Visit) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&UNSEEN));
        html.element("ul", &[], |html| {
            for message in [
                &UNSEEN_DISKS,
                &UNSEEN_REQUESTS,
                &UNSEEN_LONGER,
                &UNSEEN_OTHERS,
                &UNSEEN_STATUS,
                &NOT_ADVICE,
            ] {
                html.leaf("li", &[], visit.say(message));
            }
        });
    });
}

/// So many classes of authority are listed openly; more of them stay folded.
const FEW: usize = 4;

const THE_OPERATOR: Message =
    Message { fr: "votre opérateur", nl: "uw operator", en: "your operator", de: "Ihr Betreiber" };

const LEAD: Message = Message {
    fr: "Les données que la loi fait garder sont chez {operator}. C’est là qu’une autorité les \
         demande, jamais ici\u{a0}: temoin ne remet rien à personne.",
    nl: "De gegevens die de wet laat bewaren, liggen bij {operator}. Daar vraagt een autoriteit ze \
         op, nooit hier: temoin geeft niets aan wie dan ook.",
    en: "The data that the law has kept are with {operator}. That is where an authority asks for \
         them, never here: temoin hands nothing to anybody.",
    de: "Die Daten, die das Gesetz aufbewahren lässt, liegen bei {operator}. Dort verlangt eine \
         Behörde sie, niemals hier: temoin gibt niemandem etwas.",
};

const ONLY_NAMED: Message = Message {
    fr: "Seules les autorités que la loi nomme peuvent demander, pour les buts qu’elle nomme.",
    nl: "Alleen autoriteiten die de wet noemt, kunnen iets opvragen, voor de doelen die ze noemt.",
    en: "Only authorities that the law names can ask, for the purposes that it names.",
    de: "Nur Behörden, die das Gesetz nennt, können etwas verlangen, zu den Zwecken, die es nennt.",
};

const NEVER_CONTENT: Message = Message {
    fr: "Ce que vous lisez, écrivez ou visitez n’en fait jamais partie.",
    nl: "Wat u leest, schrijft of bezoekt, hoort daar nooit bij.",
    en: "What you read, write or visit is never part of it.",
    de: "Was Sie lesen, schreiben oder aufrufen, gehört nie dazu.",
};

const NO_SIGN: Message = Message {
    fr: "En principe, on ne vous dira rien d’une demande. N’en voir aucun signe ne prouve rien.",
    nl: "In principe krijgt u over een verzoek niets te horen. Dat u niets merkt, bewijst niets.",
    en: "You will normally not be told of a request. Seeing no sign of one proves nothing.",
    de: "In der Regel erfahren Sie von einem Ersuchen nichts. Kein Zeichen davon beweist nichts.",
};

const NO_OPERATOR: Message = Message {
    fr: "temoin ne sait pas encore qui est votre opérateur, ni donc quelle loi s’applique.",
    nl: "temoin weet nog niet wie uw operator is, en dus ook niet welke wet geldt.",
    en: "temoin does not know yet who your operator is, nor therefore which law applies.",
    de: "temoin weiß noch nicht, wer Ihr Betreiber ist, also auch nicht, welches Recht gilt.",
};

const CHOOSE: Message = Message {
    fr: "Choisir l’opérateur",
    nl: "De operator kiezen",
    en: "Choose the operator",
    de: "Den Betreiber wählen",
};

const NO_LAW_TODAY: Message = Message {
    fr: "temoin ne connaît pas de loi pour aujourd’hui\u{a0}: ce qui doit être gardé maintenant est \
         inconnu. Ce qui suit valait avant.",
    nl: "temoin kent geen wet voor vandaag: wat nu bewaard moet worden, is onbekend. Wat volgt, \
         gold voordien.",
    en: "temoin knows no law for today: what has to be kept now is unknown. What follows applied \
         before.",
    de: "temoin kennt für heute kein Gesetz: Was jetzt aufzubewahren ist, ist unbekannt. Was folgt, \
         galt vorher.",
};

const NO_INJUNCTION_TODAY: Message = Message {
    fr: "Une injonction impose certaines données pour un an au plus. temoin n’en connaît pas pour \
         aujourd’hui\u{a0}: il peut n’y en avoir aucune, ou une que personne n’a encore vérifiée.",
    nl: "Een bevel legt sommige gegevens op, voor hoogstens een jaar. temoin kent er geen voor \
         vandaag: er kan er geen zijn, of een die nog niemand nakeek.",
    en: "An injunction imposes some data, for a year at most. temoin knows none for today: there may \
         be none, or one that nobody has verified yet.",
    de: "Eine Anordnung verlangt manche Daten, für höchstens ein Jahr. temoin kennt für heute keine: \
         Es mag keine geben, oder eine, die noch niemand geprüft hat.",
};

const APPLIES: Message = Message {
    fr: "Depuis le {from}",
    nl: "Sinds {from}",
    en: "Since {from}",
    de: "Seit dem {from}",
};

const APPLIED: Message = Message {
    fr: "Du {from} au {to}",
    nl: "Van {from} tot en met {to}",
    en: "From {from} to {to}",
    de: "Vom {from} bis zum {to}",
};

const STILL_APPLIES: Message = Message {
    fr: "Ce texte ne vaut plus pour de nouvelles sessions. Ce qui a été enregistré sous lui peut \
         encore être gardé et demandé.",
    nl: "Deze tekst geldt niet meer voor nieuwe sessies. Wat eronder werd opgetekend, kan nog worden \
         bewaard en opgevraagd.",
    en: "This text no longer applies to new sessions. What was recorded under it may still be held \
         and asked for.",
    de: "Dieser Text gilt für neue Sitzungen nicht mehr. Was unter ihm aufgezeichnet wurde, kann \
         noch aufbewahrt und verlangt werden.",
};

const STALE: Message = Message {
    fr: "Personne n’a comparé cette page à la loi depuis le {day}. La loi peut avoir changé\u{a0}: \
         une mise à jour de temoin le dira.",
    nl: "Niemand heeft deze pagina sinds {day} met de wet vergeleken. De wet kan veranderd zijn: een \
         update van temoin zal het zeggen.",
    en: "Nobody has compared this page with the law since {day}. The law may have changed: an update \
         of temoin will say so.",
    de: "Seit dem {day} hat niemand diese Seite mit dem Gesetz verglichen. Es kann sich geändert \
         haben: Eine Aktualisierung von temoin wird es sagen.",
};

const OF_THIS: Message =
    Message { fr: "Ces données", nl: "Deze gegevens", en: "These data", de: "Diese Daten" };

const BY_THESE: Message = Message {
    fr: "peuvent être obtenues par",
    nl: "kunnen worden verkregen door",
    en: "can be obtained by",
    de: "können erlangt werden von",
};

const CLASSES: Plural = Plural {
    one: Message {
        fr: "{count} catégorie d’autorités",
        nl: "{count} categorie van autoriteiten",
        en: "{count} class of authorities",
        de: "{count} Kategorie von Behörden",
    },
    other: Message {
        fr: "{count} catégories d’autorités",
        nl: "{count} categorieën van autoriteiten",
        en: "{count} classes of authorities",
        de: "{count} Kategorien von Behörden",
    },
};

const NOTHING_FOUND: Message = Message {
    fr: "Inconnu\u{a0}: aucun texte vérifié ne dit ce que devient une donnée une fois remise. \
         L’effacement chez l’opérateur ne l’atteint pas.",
    nl: "Onbekend: geen nagekeken tekst zegt wat er met een gegeven gebeurt zodra het is afgegeven. \
         De wissing bij de operator raakt het niet.",
    en: "Unknown: no verified text says what becomes of data once they are given. The operator’s \
         erasure does not reach them.",
    de: "Unbekannt: Kein geprüfter Text sagt, was aus einmal herausgegebenen Daten wird. Die \
         Löschung beim Betreiber erreicht sie nicht.",
};

const NEVER: Message = Message {
    fr: "Jamais compris",
    nl: "Hoort er nooit bij",
    en: "Never included",
    de: "Nie enthalten",
};

const PUNISHED: Message = Message {
    fr: "Ce que la loi punit",
    nl: "Wat de wet bestraft",
    en: "What the law punishes",
    de: "Was das Gesetz bestraft",
};

const PENDING: Message = Message {
    fr: "Contesté en justice",
    nl: "Aangevochten voor het gerecht",
    en: "Challenged in court",
    de: "Vor Gericht angefochten",
};

const AFFECTS: Message = Message {
    fr: "L’issue peut changer ceci\u{a0}: {what}.",
    nl: "De uitkomst kan dit veranderen: {what}.",
    en: "The outcome may change this: {what}.",
    de: "Der Ausgang kann dies ändern: {what}.",
};

const UNSEEN: Message = Message {
    fr: "Ce que temoin ne voit pas",
    nl: "Wat temoin niet ziet",
    en: "What temoin cannot see",
    de: "Was temoin nicht sieht",
};

const UNSEEN_DISKS: Message = Message {
    fr: "Les disques de l’opérateur et ses sauvegardes. temoin montre ce que disent la loi et \
         l’opérateur\u{a0}; il ne peut prouver ni un effacement, ni qu’une donnée n’est pas gardée.",
    nl: "De schijven van de operator en zijn back-ups. temoin toont wat wet en operator zeggen; een \
         wissing bewijzen, of dat iets niet bewaard wordt, kan het niet.",
    en: "The operator’s disks and backups. temoin shows what law and operator say; it can prove \
         neither an erasure nor that something is not kept.",
    de: "Die Datenträger und Sicherungen des Betreibers. temoin zeigt, was Gesetz und Betreiber \
         sagen; weder eine Löschung noch eine Nichtspeicherung kann es beweisen.",
};

const UNSEEN_REQUESTS: Message = Message {
    fr: "Les demandes elles-mêmes. Il n’en existe ici aucun signe, ni dans un sens ni dans l’autre.",
    nl: "De verzoeken zelf. Daarvan bestaat hier geen enkel teken, noch in de ene, noch in de andere \
         richting.",
    en: "The requests themselves. There is no sign of them here, one way or the other.",
    de: "Die Ersuchen selbst. Hier gibt es dafür kein Zeichen, weder in die eine noch in die andere \
         Richtung.",
};

const UNSEEN_LONGER: Message = Message {
    fr: "Ce qui prolonge la garde\u{a0}: un gel ordonné pour une enquête, une demande faite avant \
         l’échéance, un incident de sécurité. La date d’effacement est celle du cas ordinaire.",
    nl: "Wat de bewaring verlengt: een bevriezing voor een onderzoek, een verzoek van vóór de \
         vervaldag, een veiligheidsincident. De wisdatum is die van het gewone geval.",
    en: "What prolongs the keeping: data frozen for an investigation, a request made before the date, \
         a security incident. The date of erasure is that of the ordinary case.",
    de: "Was die Aufbewahrung verlängert: ein Einfrieren für eine Ermittlung, ein Ersuchen vor Ablauf, \
         ein Sicherheitsvorfall. Das Löschdatum gilt für den gewöhnlichen Fall.",
};

const UNSEEN_OTHERS: Message = Message {
    fr: "Les autres\u{a0}: votre fournisseur d’accès, qui voit l’adresse du VPN, et les sites que \
         vous visitez gardent leurs propres données.",
    nl: "De anderen: uw internetprovider, die het adres van de VPN ziet, en de sites die u bezoekt, \
         bewaren hun eigen gegevens.",
    en: "The others: your access provider, who sees the VPN’s address, and the sites that you visit \
         keep data of their own.",
    de: "Die anderen: Ihr Internetanbieter, der die Adresse des VPN sieht, und die Seiten, die Sie \
         besuchen, bewahren eigene Daten auf.",
};

const UNSEEN_STATUS: Message = Message {
    fr: "Si le VPN d’une association est un service d’opérateur au sens de la loi\u{a0}: c’est \
         discuté. L’opérateur répond de ce qu’il en dit.",
    nl: "Of de VPN van een vereniging een dienst van een operator in de zin van de wet is: dat staat \
         ter discussie. De operator staat in voor wat hij daarover zegt.",
    en: "Whether an association’s VPN is an operator’s service in the sense of the law: that is \
         disputed. The operator answers for what it says of it.",
    de: "Ob das VPN eines Vereins ein Betreiberdienst im Sinne des Gesetzes ist: Das ist umstritten. \
         Der Betreiber steht für das ein, was er dazu sagt.",
};

const NOT_ADVICE: Message = Message {
    fr: "Cette page résume et traduit. Seul le texte officiel fait foi\u{a0}; c’est une information, \
         pas un conseil juridique.",
    nl: "Deze pagina vat samen en vertaalt. Alleen de officiële tekst is rechtsgeldig; dit is \
         informatie, geen juridisch advies.",
    en: "This page sums up and translates. Only the official text is authentic; this is information, \
         not legal advice.",
    de: "Diese Seite fasst zusammen und übersetzt. Verbindlich ist nur der amtliche Text; dies ist \
         eine Information, keine Rechtsberatung.",
};
