use chrono::NaiveDate;

use super::attention::{self, Notice};
use super::fact::UNKNOWN;
use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::rooms::Room;
use crate::domain::{Field, Moment, Session, SessionId, Timestamp};
use crate::holding::{Count, Summary, Untold};
use crate::i18n::{Message, Plural, SESSIONS, vocabulary};
use crate::journal::{Filter, Page};
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::tally::tally;
use crate::web::{Site, Unreadable};

/// The first page: what is held now, by whom, until when, and what needs a look.
pub(in crate::web) fn now(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/" {
        return Err(request);
    }
    Ok(match Contents::read(site) {
        Ok(contents) => Response::html(Status::Ok, contents.write(&Visit::new(site, &request))),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

struct Contents {
    summary: Summary,
    open: Vec<Session>,
    last: Option<Session>,
    erased: u64,
    notices: Vec<Notice>,
    now: Timestamp,
}

impl Contents {
    fn read(site: &Site) -> Result<Self, Unreadable> {
        let records = (site.records)()?;
        let book = (site.book)()?;
        let now = (site.clock)();
        let rulebook = book.rulebook();
        let tally = tally(records.as_ref(), rulebook, site.zone)?;
        Ok(Self {
            summary: tally.summary(rulebook, now),
            open: records.open()?,
            last: records.sessions(&Filter::all(now), &Page::first(1))?.pop(),
            erased: records.erased()?,
            notices: attention::look(site, records.as_ref(), book.as_ref(), now)?,
            now,
        })
    }

    fn write(&self, visit: &Visit) -> String {
        visit.page(Some(Room::Now), visit.say(Room::Now.name()), |html| {
            // Nothing recorded does not mean that no tunnel is up: the hooks may not be called.
            if self.summary.sessions == 0 && self.erased == 0 {
                empty(html, visit);
                attention::write(html, visit, &self.notices);
                return;
            }
            html.leaf("h1", &[("class", "statement")], self.statement(visit));
            html.leaf("p", &[("class", "lead")], self.lead(visit));
            self.facts(html, visit);
            attention::write(html, visit, &self.notices);
            html.element("section", &[], |html| self.tunnel(html, visit));
            html.leaf("p", &[("class", "aside never")], visit.say(&NEVER));
        })
    }

    /// By which account records are counted here: the law, or where that is not known, the operator.
    fn count(&self) -> Option<&Count> {
        self.summary.law.as_ref().or(self.summary.declared.as_ref())
    }

    fn operator(&self, visit: &Visit) -> String {
        let own = self.summary.operator.as_deref();
        own.unwrap_or_else(|| visit.say(&YOUR_OPERATOR)).to_owned()
    }

    /// What is held, in one sentence.
    fn statement(&self, visit: &Visit) -> String {
        let operator = self.operator(visit);
        let language = visit.language();
        let values = [("operator", operator.as_str())];
        match self.count() {
            None => RECORDED.fill(language, self.summary.sessions, &[]),
            Some(count) if count.held > 0 => HOLDS.fill(language, count.held, &values),
            Some(count) if count.untold() > 0 => CANNOT_TELL.fill(language, &values),
            Some(_) => HOLDS_NOTHING.fill(language, &values),
        }
    }

    /// What that sentence rests on.
    fn lead(&self, visit: &Visit) -> String {
        let operator = self.operator(visit);
        let values = [("operator", operator.as_str())];
        let message = match (&self.summary.law, &self.summary.declared) {
            (None, None) => &NOBODY_SAID,
            (Some(_), _) => &BY_LAW,
            (None, Some(_)) => &BY_DECLARATION,
        };
        message.fill(visit.language(), &values)
    }

    fn facts(&self, html: &mut Html, visit: &Visit) {
        let language = visit.language();
        let day = |day| visit.when.date_without_weekday(day);
        html.element("dl", &[("class", "facts-list")], |html| {
            if let Some(count) = self.count() {
                if let Some((id, start)) = count.oldest {
                    let text = self.began(start, visit);
                    fact(html, visit, &OLDEST, |html| session_link(html, visit, id, &text));
                }
                if let Some((id, last)) = count.next {
                    let gone = last.succ_opt().unwrap_or(last);
                    let text = GONE_FROM.fill(language, &[("day", &day(gone))]);
                    fact(html, visit, &NEXT, |html| session_link(html, visit, id, &text));
                }
                if count.over > 0 {
                    let text = OVER_COUNT.fill(language, count.over, &[]);
                    fact(html, visit, &OVER, |html| html.text(text));
                }
                for (why, sessions) in &count.untold {
                    let sessions = SESSIONS.fill(language, *sessions, &[]);
                    let values =
                        [("sessions", sessions.as_str()), ("why", visit.say(untold(*why)))];
                    let text = UNTOLD_ROW.fill(language, &values);
                    fact(html, visit, &NOT_TOLD, |html| html.text(text));
                }
            }
            let law = self.summary.law.as_ref().map(|count| count.held);
            if let Some(declared) = self.summary.declared.as_ref().filter(|_| law.is_some()) {
                if Some(declared.held) != law {
                    let text = DECLARES.fill(language, declared.held, &[]);
                    fact(html, visit, &DECLARATION, |html| html.text(text));
                }
            }
            if self.erased > 0 {
                let text = SESSIONS.fill(language, self.erased, &[]);
                fact(html, visit, &ERASED, |html| html.text(text));
            }
        });
    }

    fn began(&self, start: Moment, visit: &Visit) -> String {
        let date = |at: Timestamp| visit.when.zone.date(at);
        let day: Option<NaiveDate> = start.earliest.or(start.latest).map(date);
        day.map_or_else(|| visit.when.moment(&start), |day| visit.when.date_without_weekday(day))
    }

    /// Whether the tunnel is up, and what the operator sees of it.
    fn tunnel(&self, html: &mut Html, visit: &Visit) {
        let when = &visit.when;
        if self.open.is_empty() {
            html.element("div", &[("class", "status closed")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&TUNNEL_DOWN));
                    let end = self.last.as_ref().and_then(|last| last.end.as_ref());
                    if let Some(end) = end {
                        let moment = when.moment(&end.moment.value);
                        html.leaf("p", &[], LAST_END.fill(when.language, &[("moment", &moment)]));
                    }
                    html.leaf("p", &[], visit.say(&SEES_NOTHING));
                });
            });
        }
        for session in &self.open {
            html.element("div", &[("class", "status open")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&TUNNEL_UP));
                    let moment = when.moment(&session.start.value);
                    html.leaf("p", &[], SINCE.fill(when.language, &[("moment", &moment)]));
                    let length = Length::of(session, self.now).written(when);
                    let values = [("length", length.as_str())];
                    html.leaf("p", &[], SO_FAR.fill(when.language, &values));
                });
            });
            let operator = self.operator(visit);
            let title = SEES.fill(when.language, &[("operator", &operator)]);
            html.leaf("h3", &[("class", "sees")], title);
            sees(html, visit, session);
        }
    }
}

/// What the operator sees of a session that lasts.
fn sees(html: &mut Html, visit: &Visit, session: &Session) {
    let facts = &session.facts;
    let rows = [
        (Field::OriginAddress, facts.origin_address.map(|it| it.value.to_string())),
        (Field::AssignedIpv4, facts.assigned_ipv4.map(|it| it.value.to_string())),
        (Field::AssignedIpv6, facts.assigned_ipv6.map(|it| it.value.to_string())),
        (Field::DelegatedPrefix, facts.delegated_prefix.map(|it| it.value.to_string())),
    ];
    html.element("dl", &[("class", "facts-list")], |html| {
        for (field, value) in rows {
            let is_expected = matches!(field, Field::OriginAddress | Field::AssignedIpv4);
            if value.is_none() && !is_expected {
                continue;
            }
            fact(html, visit, vocabulary::field(field), |html| match value {
                Some(value) => html.leaf("code", &[], value),
                None if field == Field::OriginAddress => {
                    html.leaf("span", &[("class", "unknown")], visit.say(&ORIGIN_UNKNOWN));
                }
                None => html.leaf("span", &[("class", "unknown")], visit.say(&UNKNOWN)),
            });
        }
    });
}

fn fact(html: &mut Html, visit: &Visit, name: &Message, content: impl FnOnce(&mut Html)) {
    html.leaf("dt", &[], visit.say(name));
    html.element("dd", &[], content);
}

fn session_link(html: &mut Html, visit: &Visit, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &visit.link(&format!("session/{id}")))], text);
}

/// Why it cannot be told whether a record is held.
fn untold(why: Untold) -> &'static Message {
    match why {
        Untold::Between => &UNTOLD_BETWEEN,
        Untold::Depends => &UNTOLD_DEPENDS,
        Untold::Gap => &UNTOLD_GAP,
        Untold::LeftOpen => &UNTOLD_LEFT_OPEN,
        Untold::NoLength => &UNTOLD_NO_LENGTH,
        Untold::Stale => &UNTOLD_STALE,
        Untold::Undated => &UNTOLD_UNDATED,
    }
}

/// What there is to say while nothing is recorded.
pub(super) fn empty(html: &mut Html, visit: &Visit) {
    html.element("div", &[], |html| {
        html.leaf("h1", &[], visit.say(&EMPTY));
        html.leaf("p", &[("class", "lead")], visit.say(&EMPTY_WHAT));
        html.element("p", &[], |html| {
            html.text(visit.say(&EMPTY_DOCTOR));
            html.text(" ");
            html.leaf("code", &[], "temoin doctor");
        });
    });
}

/// The light that tells at a glance what the words beside it say.
const LAMP: &str = "<span class=\"lamp\" aria-hidden=\"true\"></span>";

const HOLDS: Plural = Plural {
    one: Message {
        fr: "{operator} devrait conserver aujourd’hui {count} enregistrement de vos connexions.",
        nl: "{operator} zou vandaag {count} registratie van uw verbindingen moeten bewaren.",
        en: "{operator} should hold {count} record of your connections today.",
        de: "{operator} sollte heute {count} Eintrag zu Ihren Verbindungen gespeichert haben.",
    },
    other: Message {
        fr: "{operator} devrait conserver aujourd’hui {count} enregistrements de vos connexions.",
        nl: "{operator} zou vandaag {count} registraties van uw verbindingen moeten bewaren.",
        en: "{operator} should hold {count} records of your connections today.",
        de: "{operator} sollte heute {count} Einträge zu Ihren Verbindungen gespeichert haben.",
    },
};

const HOLDS_NOTHING: Message = Message {
    fr: "{operator} ne devrait plus rien conserver de vos connexions.",
    nl: "{operator} zou niets meer van uw verbindingen mogen bewaren.",
    en: "{operator} should hold nothing about your connections any more.",
    de: "{operator} sollte nichts mehr zu Ihren Verbindungen gespeichert haben.",
};

const CANNOT_TELL: Message = Message {
    fr: "On ne peut pas dire ce que conserve {operator} de vos connexions.",
    nl: "Wat {operator} van uw verbindingen bewaart, is niet te zeggen.",
    en: "What {operator} holds about your connections cannot be told.",
    de: "Was {operator} zu Ihren Verbindungen gespeichert hat, lässt sich nicht sagen.",
};

const RECORDED: Plural = Plural {
    one: Message {
        fr: "Cette Brique a noté {count} session. Qui en conserve une trace, elle ne le sait pas.",
        nl: "Deze box noteerde {count} sessie. Wie er een spoor van bewaart, weet ze niet.",
        en: "This box noted {count} session. Who keeps a trace of it, it does not know.",
        de: "Diese Box hat {count} Sitzung festgehalten. Wer eine Spur davon speichert, weiß sie nicht.",
    },
    other: Message {
        fr: "Cette Brique a noté {count} sessions. Qui en conserve une trace, elle ne le sait pas.",
        nl: "Deze box noteerde {count} sessies. Wie er een spoor van bewaart, weet ze niet.",
        en: "This box noted {count} sessions. Who keeps a trace of them, it does not know.",
        de: "Diese Box hat {count} Sitzungen festgehalten. Wer eine Spur davon speichert, weiß sie nicht.",
    },
};

const YOUR_OPERATOR: Message =
    Message { fr: "Votre opérateur", nl: "Uw operator", en: "Your operator", de: "Ihr Betreiber" };

const BY_LAW: Message = Message {
    fr: "C’est ce qui suit de la loi et de ce que cette Brique a vu. Les disques de l’opérateur, elle ne peut pas les voir.",
    nl: "Dat volgt uit de wet en uit wat deze box heeft gezien. De schijven van de operator kan ze niet zien.",
    en: "This follows from the law and from what this box saw. The operator’s disks it cannot see.",
    de: "Das folgt aus dem Gesetz und aus dem, was diese Box gesehen hat. Die Festplatten des Betreibers kann sie nicht sehen.",
};

const BY_DECLARATION: Message = Message {
    fr: "C’est ce qui suit de la déclaration de votre opérateur et de ce que cette Brique a vu. Ses disques, elle ne peut pas les voir.",
    nl: "Dat volgt uit de verklaring van {operator} en uit wat deze box heeft gezien. Zijn schijven kan ze niet zien.",
    en: "This follows from {operator}’s declaration and from what this box saw. Its disks it cannot see.",
    de: "Das folgt aus der Erklärung von {operator} und aus dem, was diese Box gesehen hat. Dessen Festplatten kann sie nicht sehen.",
};

const NOBODY_SAID: Message = Message {
    fr: "Dites qui est votre opérateur\u{a0}: la Brique saura alors quelle loi s’applique, et jusqu’à quand vos connexions sont conservées.",
    nl: "Zeg wie uw operator is: dan weet de box welke wet geldt, en tot wanneer uw verbindingen worden bewaard.",
    en: "Say who your operator is: the box will then know which law applies, and until when your connections are kept.",
    de: "Sagen Sie, wer Ihr Betreiber ist: Dann weiß die Box, welches Gesetz gilt und bis wann Ihre Verbindungen gespeichert werden.",
};

const OLDEST: Message =
    Message { fr: "Le plus ancien", nl: "De oudste", en: "The oldest", de: "Der älteste" };

const NEXT: Message = Message {
    fr: "Le prochain à partir",
    nl: "De eerstvolgende die verdwijnt",
    en: "The next to go",
    de: "Der nächste, der geht",
};

const GONE_FROM: Message = Message {
    fr: "à effacer pour le {day}",
    nl: "gewist uiterlijk op {day}",
    en: "to be gone by {day}",
    de: "zu löschen bis zum {day}",
};

const OVER: Message =
    Message { fr: "Délai passé", nl: "Termijn voorbij", en: "Period over", de: "Frist vorbei" };

const OVER_COUNT: Plural = Plural {
    one: Message {
        fr: "{count} enregistrement ne devrait plus exister",
        nl: "{count} registratie zou niet meer mogen bestaan",
        en: "{count} record should exist no more",
        de: "{count} Eintrag sollte nicht mehr existieren",
    },
    other: Message {
        fr: "{count} enregistrements ne devraient plus exister",
        nl: "{count} registraties zouden niet meer mogen bestaan",
        en: "{count} records should exist no more",
        de: "{count} Einträge sollten nicht mehr existieren",
    },
};

const NOT_TOLD: Message = Message {
    fr: "Impossible à dire",
    nl: "Niet te zeggen",
    en: "Cannot be told",
    de: "Nicht zu sagen",
};

const UNTOLD_ROW: Message = Message {
    fr: "{sessions}\u{a0}: {why}",
    nl: "{sessions}: {why}",
    en: "{sessions}: {why}",
    de: "{sessions}: {why}",
};

const DECLARATION: Message = Message {
    fr: "D’après sa déclaration",
    nl: "Volgens zijn verklaring",
    en: "By its declaration",
    de: "Laut seiner Erklärung",
};

const DECLARES: Plural = Plural {
    one: Message {
        fr: "{count} enregistrement",
        nl: "{count} registratie",
        en: "{count} record",
        de: "{count} Eintrag",
    },
    other: Message {
        fr: "{count} enregistrements",
        nl: "{count} registraties",
        en: "{count} records",
        de: "{count} Einträge",
    },
};

const ERASED: Message = Message {
    fr: "Effacées de la Brique",
    nl: "Van de box gewist",
    en: "Erased from the box",
    de: "Von der Box gelöscht",
};

const TUNNEL_UP: Message = Message {
    fr: "Le tunnel est ouvert",
    nl: "De tunnel is open",
    en: "The tunnel is up",
    de: "Der Tunnel ist offen",
};

const TUNNEL_DOWN: Message = Message {
    fr: "Le tunnel n’est pas ouvert",
    nl: "De tunnel is niet open",
    en: "The tunnel is not up",
    de: "Der Tunnel ist nicht offen",
};

const SINCE: Message = Message {
    fr: "Début\u{a0}: {moment}",
    nl: "Begin: {moment}",
    en: "Start: {moment}",
    de: "Beginn: {moment}",
};

const SO_FAR: Message = Message {
    fr: "Durée jusqu’ici\u{a0}: {length}",
    nl: "Duur tot nu toe: {length}",
    en: "Length so far: {length}",
    de: "Dauer bisher: {length}",
};

const LAST_END: Message = Message {
    fr: "Fin de la dernière session\u{a0}: {moment}",
    nl: "Einde van de laatste sessie: {moment}",
    en: "End of the last session: {moment}",
    de: "Ende der letzten Sitzung: {moment}",
};

const SEES: Message = Message {
    fr: "Vu en ce moment par {operator}",
    nl: "Wat {operator} nu ziet",
    en: "What {operator} sees at this moment",
    de: "Was {operator} gerade sieht",
};

const SEES_NOTHING: Message = Message {
    fr: "En ce moment, l’opérateur ne voit rien de vous.",
    nl: "Op dit moment ziet de operator niets van u.",
    en: "At this moment, the operator sees nothing of you.",
    de: "Im Moment sieht der Betreiber nichts von Ihnen.",
};

const ORIGIN_UNKNOWN: Message = Message {
    fr: "inconnue de la Brique\u{a0}; l’opérateur, lui, la voit",
    nl: "onbekend voor de box; de operator ziet het wel",
    en: "unknown to the box; the operator does see it",
    de: "der Box unbekannt; der Betreiber sieht sie",
};

const NEVER: Message = Message {
    fr: "Rien de ce que vous faites en ligne n’y figure\u{a0}: ni sites, ni contenus, ni volumes.",
    nl: "Niets van wat u online doet, staat erin: geen websites, geen inhoud, geen volumes.",
    en: "Nothing of what you do online is in it: no sites, no content, no volumes.",
    de: "Nichts von dem, was Sie online tun, steht darin: keine Websites, keine Inhalte, keine Datenmengen.",
};

const UNTOLD_BETWEEN: Message = Message {
    fr: "le jour exact n’est pas connu",
    nl: "de precieze dag is niet bekend",
    en: "the exact day is not known",
    de: "der genaue Tag ist nicht bekannt",
};

const UNTOLD_DEPENDS: Message = Message {
    fr: "cela dépend de ce que la Brique ne peut pas savoir",
    nl: "het hangt af van wat de box niet kan weten",
    en: "it depends on what the box cannot know",
    de: "es hängt von dem ab, was die Box nicht wissen kann",
};

const UNTOLD_GAP: Message = Message {
    fr: "temoin ne connaît pas de texte de loi pour ces jours",
    nl: "temoin kent geen wettekst voor die dagen",
    en: "temoin knows of no text of law for these days",
    de: "temoin kennt für diese Tage keinen Gesetzestext",
};

const UNTOLD_LEFT_OPEN: Message = Message {
    fr: "le texte de ces jours a été annulé, ou n’a pas été établi",
    nl: "de tekst van die dagen is vernietigd of niet vastgesteld",
    en: "the text of these days was annulled, or not established",
    de: "der Text dieser Tage wurde für nichtig erklärt oder nicht ermittelt",
};

const UNTOLD_NO_LENGTH: Message = Message {
    fr: "conservées, sans dire combien de temps",
    nl: "bewaard, zonder te zeggen hoelang",
    en: "stored, without saying for how long",
    de: "gespeichert, ohne zu sagen, wie lange",
};

const UNTOLD_STALE: Message = Message {
    fr: "la dernière comparaison avec la loi est trop ancienne",
    nl: "de laatste vergelijking met de wet is te lang geleden",
    en: "the last comparison with the law is too old",
    de: "der letzte Vergleich mit dem Gesetz liegt zu lange zurück",
};

const UNTOLD_UNDATED: Message = Message {
    fr: "les jours de la session ne sont pas connus",
    nl: "de dagen van de sessie zijn niet bekend",
    en: "the days of the session are not known",
    de: "die Tage der Sitzung sind nicht bekannt",
};

const EMPTY: Message = Message {
    fr: "Aucune session pour l’instant",
    nl: "Nog geen sessies",
    en: "No sessions yet",
    de: "Noch keine Sitzungen",
};

const EMPTY_WHAT: Message = Message {
    fr: "Dès que le tunnel s’ouvrira, sa session apparaîtra ici\u{a0}: d’où il est venu, quelles \
         adresses il a reçues, quand il a commencé et quand il a pris fin.",
    nl: "Zodra de tunnel opengaat, verschijnt zijn sessie hier: vanwaar hij kwam, welke adressen \
         hij kreeg, wanneer hij begon en wanneer hij eindigde.",
    en: "As soon as the tunnel comes up, its session will appear here: where it came from, which \
         addresses it was given, when it began and when it ended.",
    de: "Sobald sich der Tunnel öffnet, erscheint hier seine Sitzung: woher er kam, welche \
         Adressen er erhielt, wann er begann und wann er endete.",
};

const EMPTY_DOCTOR: Message = Message {
    fr: "Le tunnel est ouvert et rien n’apparaît\u{a0}? Cette commande, sur la Brique, en cherche \
         la raison\u{a0}:",
    nl: "Is de tunnel open en verschijnt er niets? Deze opdracht, op de box, zoekt de oorzaak:",
    en: "The tunnel is up and nothing appears? This command, on the box, looks for the reason:",
    de: "Der Tunnel ist offen und nichts erscheint? Dieser Befehl auf der Box sucht den Grund:",
};
