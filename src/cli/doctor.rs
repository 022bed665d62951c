mod operator;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process;

use nix::sys::statvfs::statvfs;
use serde::Serialize;

use crate::capture::Boots;
use crate::capture::clock::{self, Trust};
use crate::capture::install::{self, State};
use crate::capture::spool::Spool;
use crate::erasure::{Calendar, Due};
use crate::i18n::{Message, OUT_OF_REACH, Plural};
use crate::journal::{Filter, Page, Reader, is_in_use, set_aside_files};
use crate::lawbook::Lawbook;
use crate::retention::Track;

use super::arguments::Doctor;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::table::wrapped;

/// Below how much free space on the record's disk a member is warned, in bytes.
const LITTLE_SPACE: u64 = 20 * 1024 * 1024;

/// `temoin doctor`
pub(super) fn run(context: &Context, arguments: &Doctor) -> Result<(), CliError> {
    let findings =
        Examination { context, findings: Vec::new() }.all(&arguments.scripts.scripts_dir);
    let is_unwell = findings.iter().any(|finding| finding.health == Health::Wrong);
    if arguments.json {
        let report = Report { format: "temoin.doctor/1", findings };
        print(&format!("{}\n", serde_json::to_string(&report)?))?;
    } else {
        let text: String = findings
            .iter()
            .map(|finding| {
                let lines = wrapped(&finding.text, 80, "  ");
                format!("{} {}", finding.health.mark(), lines.trim_start())
            })
            .collect();
        print(&text)?;
    }
    if is_unwell { Err(CliError::new(Failure::Unwell, "")) } else { Ok(()) }
}

#[derive(Serialize)]
struct Report {
    format: &'static str,
    findings: Vec<Finding>,
}

/// What one look showed, and where something is wrong, what to do.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    health: Health,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// It works.
    Good,
    /// Good to know.
    Note,
    /// It does not work.
    Wrong,
}

impl Health {
    fn mark(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Note => '·',
            Self::Wrong => '✗',
        }
    }
}

/// Looks at one thing after the other.
struct Examination<'a> {
    context: &'a Context,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    fn all(mut self, scripts: &Path) -> Vec<Finding> {
        let runs = is_in_use(&self.context.state_dir);
        self.daemon(runs);
        self.hooks(scripts);
        self.boots();
        self.record();
        self.spool(runs);
        self.clock();
        self.coverage();
        self.law();
        self.operator();
        self.erasure();
        self.disk();
        self.findings
    }

    fn find(
        &mut self,
        check: &'static str,
        health: Health,
        message: &Message,
        values: &[(&str, &str)],
    ) {
        let text = message.fill(self.context.language, values);
        self.findings.push(Finding { check, health, text });
    }

    fn daemon(&mut self, runs: bool) {
        if runs {
            self.find("daemon", Health::Good, &DAEMON_RUNS, &[]);
        } else {
            self.find("daemon", Health::Wrong, &DAEMON_STOPPED, &[]);
        }
    }

    fn hooks(&mut self, scripts: &Path) {
        let directory = scripts.display().to_string();
        let place = ("directory", directory.as_str());
        let states = match install::status(scripts) {
            Ok(states) => states.map(|(_, state)| state),
            Err(error) => {
                let error = error.to_string();
                self.find("hooks", Health::Wrong, &HOOKS_UNREADABLE, &[place, ("error", &error)]);
                return;
            }
        };
        let [State::Installed { program, state_directory }, State::Installed { .. }] = &states
        else {
            self.find("hooks", Health::Wrong, &HOOKS_MISSING, &[place]);
            return;
        };
        let (runs, writes) = (program.display().to_string(), state_directory.display().to_string());
        if !program.exists() {
            self.find("hooks", Health::Wrong, &HOOKS_STALE, &[place, ("program", &runs)]);
        } else if is_same(state_directory, &self.context.state_dir) {
            self.find("hooks", Health::Good, &HOOKS_IN_PLACE, &[place]);
        } else {
            self.find("hooks", Health::Wrong, &HOOKS_ELSEWHERE, &[place, ("other", &writes)]);
        }
    }

    fn boots(&mut self) {
        let learnt = clock::read(Trust::Kernel)
            .map(|reading| Boots::learnt(&self.context.state_dir, reading.boot));
        if learnt.is_ok_and(|ids| !ids.is_empty()) {
            self.find("boot", Health::Note, &BOOTS, &[]);
        }
    }

    fn record(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let newest = Reader::open(&self.context.state_dir).and_then(|reader| {
            let filter = Filter::all(self.context.now);
            Ok(match reader {
                Some(reader) => reader.sessions(&filter, &Page::first(1))?.pop(),
                None => None,
            })
        });
        match newest {
            Ok(Some(session)) => {
                let last = session.end.as_ref().map_or(session.start.value, |end| end.moment.value);
                let when = self.context.when().moment(&last);
                self.find("record", Health::Good, &RECORD_LAST, &[("when", &when)]);
            }
            Ok(None) => self.find("record", Health::Note, &RECORD_EMPTY, &[]),
            Err(error) => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("record", Health::Wrong, &RECORD_UNREADABLE, &values);
            }
        }
    }

    fn spool(&mut self, runs: bool) {
        let Ok(waiting) = Spool::open(&self.context.state_dir).and_then(|spool| spool.waiting())
        else {
            // Without a spool the daemon has never run, which was said.
            return;
        };
        if !waiting.is_empty() {
            let health = if runs { Health::Wrong } else { Health::Note };
            let message = if runs { &WAITING_UNREAD } else { &WAITING };
            let count = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            let text = message.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "spool", health, text });
        }
    }

    fn clock(&mut self) {
        let synchronised = clock::read(Trust::Kernel).is_ok_and(|reading| reading.synchronised);
        if synchronised {
            self.find("clock", Health::Good, &CLOCK_SET, &[]);
        } else if self.context.config.trust == Trust::Always {
            self.find("clock", Health::Good, &CLOCK_TRUSTED, &[]);
        } else {
            self.find("clock", Health::Note, &CLOCK_UNCONFIRMED, &[]);
        }
    }

    fn coverage(&mut self) {
        match &self.context.config.management {
            None => self.find("reconnects", Health::Note, &NO_MANAGEMENT, &[]),
            Some(path) if path.exists() => {
                self.find("reconnects", Health::Good, &MANAGEMENT, &[]);
            }
            Some(path) => {
                let path = path.display().to_string();
                self.find("reconnects", Health::Note, &MANAGEMENT_ABSENT, &[("path", &path)]);
            }
        }
        if let Some(path) = &self.context.config.status_file {
            if let Err(error) = fs::metadata(path) {
                let (path, error) = (path.display().to_string(), error.to_string());
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("status-file", Health::Note, &STATUS_FILE_ABSENT, &values);
            }
        }
    }

    fn law(&mut self) {
        let book = match Lawbook::load(&self.context.config) {
            Ok(book) => book,
            Err(error) => {
                let error = error.to_string();
                self.find("law", Health::Wrong, &LAW_BROKEN, &[("error", &error)]);
                return;
            }
        };
        for complaint in &book.complaints {
            let error = complaint.to_string();
            self.find("law", Health::Wrong, &LAW_BROKEN, &[("error", &error)]);
        }
        match book.profile() {
            Some(profile) => {
                self.find("operator", Health::Good, &OPERATOR, &[("name", &profile.name)]);
            }
            None => self.find("operator", Health::Note, &OPERATOR_UNKNOWN, &[]),
        }
        let Some(jurisdiction) = book.jurisdiction() else { return };
        let today = self.context.today(&book);
        match book.law.on(today, jurisdiction, Track::General) {
            None => self.find("law", Health::Note, &LAW_GAP, &[]),
            Some(edition) => {
                let checked = self.context.when().date(edition.checked_on);
                let values = [("edition", edition.id.as_str()), ("checked", &checked)];
                let is_stale = edition.is_stale(self.context.now);
                let (health, message) =
                    if is_stale { (Health::Note, &LAW_STALE) } else { (Health::Good, &LAW) };
                self.find("law", health, message, &values);
            }
        }
    }

    fn erasure(&mut self) {
        // What is broken was said.
        let Ok(book) = Lawbook::load(&self.context.config) else { return };
        let today = self.context.today(&book);
        let due = Reader::open(&self.context.state_dir).and_then(|reader| {
            let mut calendar = Calendar::new(book.rulebook(), self.context.now);
            let grace_days = self.context.config.grace();
            reader.map_or_else(
                || Ok(Vec::new()),
                |reader| Due::all(&reader, &mut calendar, grace_days),
            )
        });
        // What was due since midnight may still be about to go.
        let overdue = due.map_or(0, |due| {
            due.iter().filter(|due| due.day.is_some_and(|day| day < today)).count()
        });
        if overdue > 0 {
            let count = u64::try_from(overdue).unwrap_or(u64::MAX);
            let text = OVERDUE.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "erasure", health: Health::Wrong, text });
        } else {
            self.find("erasure", Health::Good, &NOTHING_OVERDUE, &[]);
        }
        let aside = set_aside_files(&self.context.state_dir).unwrap_or_default().len();
        if aside > 0 {
            let count = u64::try_from(aside).unwrap_or(u64::MAX);
            let text = SET_ASIDE.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "set-aside", health: Health::Note, text });
        }
        self.find("out-of-reach", Health::Note, &OUT_OF_REACH, &[]);
    }

    fn disk(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let Ok(disk) = statvfs(&self.context.state_dir) else { return };
        #[allow(clippy::useless_conversion, reason = "both are narrower on a 32-bit box")]
        let free = u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size().into());
        let megabytes = (free / 1_000_000).to_string();
        let values = [("path", path.as_str()), ("free", &megabytes)];
        if free < LITTLE_SPACE {
            self.find("disk", Health::Wrong, &DISK_FULL, &values);
            return;
        }
        match try_writing(&self.context.state_dir) {
            // Who may not write there may still ask.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("disk", Health::Wrong, &DISK_UNWRITABLE, &values);
            }
            _ => self.find("disk", Health::Good, &DISK, &values),
        }
    }
}

/// How the names of files begin that are written for trial.
const TRIAL: &str = ".doctor-";

/// Whether a file can be written where the record is. A card that fails may still be read out of
/// memory, and takes writes that never arrive until one of them is waited for.
fn try_writing(directory: &Path) -> io::Result<()> {
    // The removal of an earlier one is not waited for, so a power cut may bring it back.
    for entry in fs::read_dir(directory)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TRIAL) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let path = directory.join(format!("{TRIAL}{}", process::id()));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(b"temoin")?;
        file.sync_all()
    });
    let removed = match fs::remove_file(&path) {
        // Another doctor did.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

/// Whether two paths lead to the same place.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

const DAEMON_RUNS: Message = Message {
    fr: "temoin tourne et tient le journal.",
    nl: "temoin draait en houdt het verslag bij.",
    en: "temoin runs and keeps the record.",
    de: "temoin läuft und führt das Verzeichnis.",
};

const DAEMON_STOPPED: Message = Message {
    fr: "temoin ne tourne pas. Pour le lancer : systemctl start temoin",
    nl: "temoin draait niet. Starten: systemctl start temoin",
    en: "temoin does not run. To start it: systemctl start temoin",
    de: "temoin läuft nicht. Starten: systemctl start temoin",
};

const HOOKS_IN_PLACE: Message = Message {
    fr: "OpenVPN prévient temoin quand le tunnel s’établit et quand il tombe ({directory}).",
    nl: "OpenVPN verwittigt temoin wanneer de tunnel opengaat en sluit ({directory}).",
    en: "OpenVPN tells temoin when the tunnel comes up and goes down ({directory}).",
    de: "OpenVPN meldet temoin, wenn der Tunnel entsteht und endet ({directory}).",
};

const BOOTS: Message = Message {
    fr: "Les scripts d’OpenVPN et temoin ne voient pas le même identifiant de démarrage, comme il arrive dans un conteneur. temoin les tient pour un seul et même démarrage. Pour que tous voient le même : Environment=TEMOIN_BOOT_ID=%b dans l’unité du service.",
    nl: "De scripts van OpenVPN en temoin zien niet dezelfde opstart-id, zoals het in een container kan gebeuren. temoin neemt ze voor één en dezelfde opstart. Opdat alle dezelfde zien: Environment=TEMOIN_BOOT_ID=%b in de unit van de dienst.",
    en: "OpenVPN’s scripts and temoin are told different boot IDs, as it happens in a container. temoin takes them for one and the same boot. For all to be told the same: Environment=TEMOIN_BOOT_ID=%b in the unit of the service.",
    de: "Die Skripte von OpenVPN und temoin sehen nicht dieselbe Kennung des Systemstarts, wie es in einem Container vorkommt. temoin hält sie für ein und denselben Start. Damit alle dieselbe sehen: Environment=TEMOIN_BOOT_ID=%b in der Unit des Dienstes.",
};

const HOOKS_ELSEWHERE: Message = Message {
    fr: "Les scripts dans {directory} écrivent dans un autre journal : {other}. Pour les remettre : temoin hook install",
    nl: "De scripts in {directory} schrijven naar een ander verslag: {other}. Rechtzetten: temoin hook install",
    en: "The hooks in {directory} write to another record: {other}. To put them right: temoin hook install",
    de: "Die Skripte in {directory} schreiben in ein anderes Verzeichnis: {other}. Berichtigen: temoin hook install",
};

const HOOKS_STALE: Message = Message {
    fr: "Les scripts dans {directory} appellent un programme qui n’existe plus : {program}. Pour les remettre : temoin hook install",
    nl: "De scripts in {directory} roepen een programma op dat er niet meer is: {program}. Rechtzetten: temoin hook install",
    en: "The hooks in {directory} call a program that is not there any more: {program}. To put them right: temoin hook install",
    de: "Die Skripte in {directory} rufen ein Programm auf, das es nicht mehr gibt: {program}. Berichtigen: temoin hook install",
};

const HOOKS_MISSING: Message = Message {
    fr: "OpenVPN ne prévient pas temoin : il manque des scripts dans {directory}. Pour les mettre : temoin hook install",
    nl: "OpenVPN verwittigt temoin niet: er ontbreken scripts in {directory}. Plaatsen: temoin hook install",
    en: "OpenVPN does not tell temoin: hooks are missing in {directory}. To put them there: temoin hook install",
    de: "OpenVPN meldet temoin nichts: In {directory} fehlen Skripte. Einsetzen: temoin hook install",
};

const HOOKS_UNREADABLE: Message = Message {
    fr: "Impossible de lire les scripts dans {directory} : {error}. Essayez en tant que root.",
    nl: "De scripts in {directory} zijn niet te lezen: {error}. Probeer het als root.",
    en: "The hooks in {directory} cannot be read: {error}. Try as root.",
    de: "Die Skripte in {directory} sind nicht lesbar: {error}. Versuchen Sie es als root.",
};

const RECORD_LAST: Message = Message {
    fr: "Dernier début ou dernière fin de session notés : {when}.",
    nl: "Laatst genoteerde begin of einde van een sessie: {when}.",
    en: "The last start or end of a session that was noted: {when}.",
    de: "Zuletzt verzeichneter Beginn oder Schluss einer Sitzung: {when}.",
};

const RECORD_EMPTY: Message = Message {
    fr: "Aucune session n’est encore enregistrée : la prochaine connexion le sera.",
    nl: "Er is nog geen sessie opgetekend: de volgende verbinding wordt dat wel.",
    en: "No session is recorded yet: the next connection will be.",
    de: "Noch ist keine Sitzung verzeichnet: die nächste Verbindung wird es sein.",
};

const RECORD_UNREADABLE: Message = Message {
    fr: "Impossible de lire le journal dans {path} : {error}",
    nl: "Het verslag in {path} is niet te lezen: {error}",
    en: "The record in {path} cannot be read: {error}",
    de: "Das Verzeichnis in {path} ist nicht lesbar: {error}",
};

const WAITING: Plural = Plural {
    one: Message {
        fr: "{count} événement attend que temoin tourne ; rien n’est perdu.",
        nl: "{count} gebeurtenis wacht tot temoin draait; er gaat niets verloren.",
        en: "{count} event waits for temoin to run; nothing is lost.",
        de: "{count} Ereignis wartet, bis temoin läuft; nichts geht verloren.",
    },
    other: Message {
        fr: "{count} événements attendent que temoin tourne ; rien n’est perdu.",
        nl: "{count} gebeurtenissen wachten tot temoin draait; er gaat niets verloren.",
        en: "{count} events wait for temoin to run; nothing is lost.",
        de: "{count} Ereignisse warten, bis temoin läuft; nichts geht verloren.",
    },
};

const WAITING_UNREAD: Plural = Plural {
    one: Message {
        fr: "{count} événement attend bien que temoin tourne. Voyez pourquoi : journalctl -u temoin",
        nl: "{count} gebeurtenis wacht hoewel temoin draait. Waarom: journalctl -u temoin",
        en: "{count} event waits although temoin runs. See why: journalctl -u temoin",
        de: "{count} Ereignis wartet, obwohl temoin läuft. Warum: journalctl -u temoin",
    },
    other: Message {
        fr: "{count} événements attendent bien que temoin tourne. Voyez pourquoi : journalctl -u temoin",
        nl: "{count} gebeurtenissen wachten hoewel temoin draait. Waarom: journalctl -u temoin",
        en: "{count} events wait although temoin runs. See why: journalctl -u temoin",
        de: "{count} Ereignisse warten, obwohl temoin läuft. Warum: journalctl -u temoin",
    },
};

const CLOCK_SET: Message = Message {
    fr: "L’horloge est réglée par un service de temps.",
    nl: "De klok wordt door een tijdsdienst gelijkgezet.",
    en: "The clock is set by a time service.",
    de: "Die Uhr wird von einem Zeitdienst gestellt.",
};

const CLOCK_TRUSTED: Message = Message {
    fr: "L’horloge est crue parce que la configuration le dit (clock.trust = \"always\").",
    nl: "De klok wordt geloofd omdat de configuratie het zegt (clock.trust = \"always\").",
    en: "The clock is believed because the configuration says so (clock.trust = \"always\").",
    de: "Der Uhr wird geglaubt, weil die Konfiguration es sagt (clock.trust = \"always\").",
};

const CLOCK_UNCONFIRMED: Message = Message {
    fr: "Aucun service de temps n’a confirmé l’horloge : d’ici là, les heures sont montrées comme non confirmées. Si cela dure, vérifiez ntpsec ou systemd-timesyncd.",
    nl: "Geen tijdsdienst heeft de klok bevestigd: tot dan worden tijden als onbevestigd getoond. Blijft dat zo, kijk dan naar ntpsec of systemd-timesyncd.",
    en: "No time service has confirmed the clock: until one does, times are shown as unconfirmed. If that lasts, look at ntpsec or systemd-timesyncd.",
    de: "Kein Zeitdienst hat die Uhr bestätigt: Bis dahin werden Zeiten als unbestätigt gezeigt. Bleibt es so, sehen Sie nach ntpsec oder systemd-timesyncd.",
};

const NO_MANAGEMENT: Message = Message {
    fr: "Si OpenVPN garde l’interface lors d’une reconnexion (persist-tun), temoin ne la voit pas. La clé tunnel.management y remédie.",
    nl: "Houdt OpenVPN de interface bij een herverbinding (persist-tun), dan ziet temoin die niet. De sleutel tunnel.management verhelpt dat.",
    en: "Where OpenVPN keeps its interface over a reconnect (persist-tun), temoin does not see it. The key tunnel.management mends that.",
    de: "Behält OpenVPN die Schnittstelle bei einer Wiederverbindung (persist-tun), sieht temoin sie nicht. Der Schlüssel tunnel.management behebt das.",
};

const MANAGEMENT: Message = Message {
    fr: "temoin écoute aussi OpenVPN lui-même : aucune reconnexion ne lui échappe.",
    nl: "temoin luistert ook naar OpenVPN zelf: geen herverbinding ontgaat hem.",
    en: "temoin listens to OpenVPN itself too: no reconnect escapes it.",
    de: "temoin hört auch OpenVPN selbst: Keine Wiederverbindung entgeht ihm.",
};

const MANAGEMENT_ABSENT: Message = Message {
    fr: "OpenVPN n’a pas ouvert {path} : est-il arrêté, ou sa configuration est-elle sans « management » ?",
    nl: "OpenVPN heeft {path} niet geopend: staat het stil, of heeft zijn configuratie geen ‘management’?",
    en: "OpenVPN has not opened {path}: is it stopped, or is there no `management` in its configuration?",
    de: "OpenVPN hat {path} nicht geöffnet: Steht es still, oder fehlt „management“ in seiner Konfiguration?",
};

const STATUS_FILE_ABSENT: Message = Message {
    fr: "Le fichier d’état d’OpenVPN, {path}, n’est pas lisible ({error}) : les fins que personne n’a vues seront moins bien bornées.",
    nl: "Het statusbestand van OpenVPN, {path}, is niet leesbaar ({error}): eindes die niemand zag, worden minder nauw begrensd.",
    en: "OpenVPN’s status file, {path}, cannot be read ({error}): ends that nobody saw will be bounded less closely.",
    de: "Die Statusdatei von OpenVPN, {path}, ist nicht lesbar ({error}): Nicht beobachtete Enden werden weniger eng begrenzt.",
};

const LAW: Message = Message {
    fr: "La loi en vigueur ({edition}) a été comparée aux textes : {checked}.",
    nl: "De geldende wet ({edition}) werd met de teksten vergeleken: {checked}.",
    en: "The law in force ({edition}) was compared with its texts: {checked}.",
    de: "Das geltende Recht ({edition}) wurde mit den Texten verglichen: {checked}.",
};

const LAW_STALE: Message = Message {
    fr: "Il y a trop longtemps que la loi en vigueur ({edition}) a été comparée aux textes ({checked}) : temoin la dit inconnue. Mettez temoin à jour.",
    nl: "De geldende wet ({edition}) werd te lang geleden met de teksten vergeleken ({checked}): temoin noemt ze onbekend. Werk temoin bij.",
    en: "It is too long since the law in force ({edition}) was compared with its texts ({checked}): temoin calls it unknown. Upgrade temoin.",
    de: "Das geltende Recht ({edition}) wurde zu lange nicht mit den Texten verglichen ({checked}): temoin nennt es unbekannt. Aktualisieren Sie temoin.",
};

const LAW_GAP: Message = Message {
    fr: "temoin ne connaît aucune loi en vigueur aujourd’hui. Mettez temoin à jour, ou ajoutez un fichier dans rules.d.",
    nl: "temoin kent geen wet die vandaag geldt. Werk temoin bij, of voeg een bestand toe in rules.d.",
    en: "temoin knows no law that is in force today. Upgrade temoin, or add a file to rules.d.",
    de: "temoin kennt kein Recht, das heute gilt. Aktualisieren Sie temoin, oder fügen Sie in rules.d eine Datei hinzu.",
};

const LAW_BROKEN: Message = Message {
    fr: "Un fichier de droit ou d’opérateur n’est pas utilisé : {error}",
    nl: "Een bestand met recht of een operator wordt niet gebruikt: {error}",
    en: "A file of law or of an operator is not used: {error}",
    de: "Eine Datei mit Recht oder einem Betreiber wird nicht verwendet: {error}",
};

const OPERATOR: Message = Message {
    fr: "Votre opérateur : {name}.",
    nl: "Uw operator: {name}.",
    en: "Your operator: {name}.",
    de: "Ihr Betreiber: {name}.",
};

const OPERATOR_UNKNOWN: Message = Message {
    fr: "temoin ne sait pas qui est votre opérateur, ni donc ce qu’il déclare garder. Pour le dire : temoin profile list, puis temoin profile use PROFIL",
    nl: "temoin weet niet wie uw operator is, en dus niet wat hij verklaart te bewaren. Zeg het: temoin profile list, dan temoin profile use PROFIEL",
    en: "temoin does not know who your operator is, nor therefore what it declares to keep. To say so: temoin profile list, then temoin profile use PROFILE",
    de: "temoin weiß nicht, wer Ihr Betreiber ist, also auch nicht, was er aufzubewahren erklärt. Sagen Sie es: temoin profile list, dann temoin profile use PROFIL",
};

const NOTHING_OVERDUE: Message = Message {
    fr: "Aucune session n’est gardée ici plus longtemps que prévu.",
    nl: "Geen sessie wordt hier langer bewaard dan voorzien.",
    en: "No session is kept here for longer than it should be.",
    de: "Keine Sitzung wird hier länger aufbewahrt als vorgesehen.",
};

const OVERDUE: Plural = Plural {
    one: Message {
        fr: "{count} session devrait être effacée et ne l’est pas : temoin tourne-t-il, et l’horloge est-elle réglée ? Pour l’effacer : temoin erase",
        nl: "{count} sessie had gewist moeten zijn: draait temoin, en staat de klok juist? Wissen: temoin erase",
        en: "{count} session should be erased and is not: does temoin run, and is the clock set? To erase it: temoin erase",
        de: "{count} Sitzung sollte gelöscht sein: Läuft temoin, und geht die Uhr? Löschen: temoin erase",
    },
    other: Message {
        fr: "{count} sessions devraient être effacées et ne le sont pas : temoin tourne-t-il, et l’horloge est-elle réglée ? Pour les effacer : temoin erase",
        nl: "{count} sessies hadden gewist moeten zijn: draait temoin, en staat de klok juist? Wissen: temoin erase",
        en: "{count} sessions should be erased and are not: does temoin run, and is the clock set? To erase them: temoin erase",
        de: "{count} Sitzungen sollten gelöscht sein: Läuft temoin, und geht die Uhr? Löschen: temoin erase",
    },
};

const SET_ASIDE: Plural = Plural {
    one: Message {
        fr: "{count} fichier d’un journal endommagé est mis de côté ; il peut contenir des adresses et disparaît treize mois au plus après sa dernière écriture. Tout de suite, et toutes les sessions avec : temoin erase --all",
        nl: "{count} bestand van een beschadigd verslag is opzijgezet; het kan adressen bevatten en verdwijnt ten laatste dertien maanden nadat er laatst in geschreven is. Meteen, samen met alle sessies: temoin erase --all",
        en: "{count} file of a damaged record is set aside; it may hold addresses and goes thirteen months after it was last written to at the latest. At once, and all sessions with it: temoin erase --all",
        de: "{count} Datei eines beschädigten Verzeichnisses ist beiseitegelegt; sie kann Adressen enthalten und verschwindet spätestens dreizehn Monate, nachdem zuletzt in sie geschrieben wurde. Sofort, samt allen Sitzungen: temoin erase --all",
    },
    other: Message {
        fr: "{count} fichiers de journaux endommagés sont mis de côté ; ils peuvent contenir des adresses et disparaissent treize mois au plus après leur dernière écriture. Tout de suite, et toutes les sessions avec : temoin erase --all",
        nl: "{count} bestanden van beschadigde verslagen zijn opzijgezet; ze kunnen adressen bevatten en verdwijnen ten laatste dertien maanden nadat er laatst in geschreven is. Meteen, samen met alle sessies: temoin erase --all",
        en: "{count} files of damaged records are set aside; they may hold addresses and go thirteen months after they were last written to at the latest. At once, and all sessions with them: temoin erase --all",
        de: "{count} Dateien beschädigter Verzeichnisse sind beiseitegelegt; sie können Adressen enthalten und verschwinden spätestens dreizehn Monate, nachdem zuletzt in sie geschrieben wurde. Sofort, samt allen Sitzungen: temoin erase --all",
    },
};

const DISK: Message = Message {
    fr: "Il reste {free} Mo de place pour le journal dans {path}.",
    nl: "Er is nog {free} MB plaats voor het verslag in {path}.",
    en: "{free} MB are left for the record in {path}.",
    de: "Für das Verzeichnis sind in {path} noch {free} MB frei.",
};

const DISK_FULL: Message = Message {
    fr: "Il ne reste que {free} Mo dans {path} : libérez de la place, sinon temoin ne pourra bientôt plus rien noter.",
    nl: "Er is nog maar {free} MB in {path}: maak plaats vrij, anders kan temoin straks niets meer optekenen.",
    en: "Only {free} MB are left in {path}: free some space, or temoin will soon have no room to record.",
    de: "In {path} sind nur noch {free} MB frei: Schaffen Sie Platz, sonst kann temoin bald nichts mehr verzeichnen.",
};

const DISK_UNWRITABLE: Message = Message {
    fr: "Rien ne peut être écrit dans {path} ({error}) : la carte est peut-être en fin de vie. Sauvegardez ce qui s’y trouve et remplacez-la ; `dmesg` en dit plus.",
    nl: "In {path} kan niets geschreven worden ({error}): misschien is de kaart versleten. Maak een kopie van wat erop staat en vervang ze; `dmesg` zegt meer.",
    en: "Nothing can be written in {path} ({error}): the card may be worn out. Save what is on it and replace it; `dmesg` says more.",
    de: "In {path} kann nichts geschrieben werden ({error}): Vielleicht ist die Karte verschlissen. Sichern Sie, was darauf ist, und ersetzen Sie sie; `dmesg` sagt mehr.",
};
