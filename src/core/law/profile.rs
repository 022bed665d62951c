use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::bundled_files::BundledFiles;
use super::edition::{Jurisdiction, StartEvent, Verified};
use super::file_problem::{FileProblem, RuleFileError};
use super::localized_text::LocalizedText;
use super::named_enum::named_enum;
use super::period::Period;
use super::public_key::{KeyDigest, PublicKey};
use super::slug::Slug;
use super::toml_reader::{IdKind, ProblemReport, TomlTable};
use crate::session::{Field, Zone};

/// What an operator can be called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OperatorName {
    /// By its own name.
    Association(String),
    /// Its name is not known, only the software that it runs.
    Software(String),
}

/// What one operator has stated: one profile file. It quotes, dated and with sources, and judges
/// nothing.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The file's name, as it was passed in.
    pub file: String,
    /// Its name among profiles.
    pub id: Slug,
    /// What the operator calls itself.
    pub name: String,
    /// Under whose law it says that it works.
    pub jurisdiction: Jurisdiction,
    /// The zone in which its days begin.
    pub zone: Zone,
    /// With which regulator it says that it is registered.
    pub registered_with: RegisteredWith,
    /// What its software calls a member.
    pub member_called: MemberCalled,
    /// Whether several members share a public address; `None` is unknown.
    pub address_sharing: Option<bool>,
    /// Its own pages.
    pub website: Option<String>,
    /// What else is to be said of it.
    pub note: Option<LocalizedText>,
    /// Where to send an access request; `None` if unknown.
    pub contact: Option<Contact>,
    /// What it says that it runs.
    pub software: Option<Software>,
    /// Where and with which key it answers checks.
    pub sync: Option<SyncEndpoint>,
    /// What it has stated, newest first.
    pub statements: Vec<ProfileStatement>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`RuleFileError`] with everything that is wrong in it.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, RuleFileError> {
        let report = ProblemReport::new(file_name, text);
        let profile = report.parse().and_then(|root| Self::read(TomlTable::root(&report, &root)));
        report.finish()?;
        profile.map_or_else(|| Err(RuleFileError::incomplete(file_name)), Ok)
    }

    /// What to call the operator.
    pub fn operator_name(&self) -> OperatorName {
        if self.is_of_software() {
            OperatorName::Software(self.name.clone())
        } else {
            OperatorName::Association(self.name.clone())
        }
    }

    /// Whether a statement says that something is stored of what the box records too.
    pub fn stores_recorded(&self) -> bool {
        let mut stores = self.statements.iter().flat_map(|statement| &statement.stores);
        stores.any(|stores| stores.stored && stores.field.is_recorded())
    }

    /// The profiles that ship with temoin.
    ///
    /// # Errors
    /// [`RuleFileError`] never in a release: a test reads them all.
    pub fn compiled_in() -> Result<Vec<Self>, RuleFileError> {
        let mut profiles: Vec<Self> = Vec::new();
        let mut problems: Vec<FileProblem> = Vec::new();
        for (file, text) in BundledFiles::profiles()?.files() {
            match Self::parse(file, text) {
                Ok(profile) => profiles.push(profile),
                Err(error) => problems.extend(error.into_problems()),
            }
        }
        RuleFileError::unless_empty(problems)?;
        Ok(profiles)
    }

    /// Whether it stands for any operator that runs this software, of whom nothing else is known.
    pub fn is_of_software(&self) -> bool {
        self.software.as_ref().is_some_and(|software| software.name == self.name)
    }

    fn read(mut root: TomlTable<'_, '_>) -> Option<Self> {
        root.schema();
        let operator = root.table("operator", 1);
        let contact = root.table("contact", 0).map(Contact::read);
        let software = root.table("software", 0).map(Software::read);
        let sync = root.table("sync", 0).map(SyncEndpoint::read);
        let statements: Vec<Option<ProfileStatement>> =
            root.tables("statement", 1).into_iter().map(ProfileStatement::read).collect();
        root.finish();
        let mut operator = operator?;

        let file = operator.file();
        let id = operator.required("id").and_then(|it| it.id());
        let name = operator.required("name").and_then(|it| it.line());
        let jurisdiction = operator.required_word("jurisdiction");
        let zone = operator.required("timezone").and_then(|it| it.parsed());
        let registered_with = operator.required_word("registered_with");
        let member_called = operator.required_word("member_called");
        let address_sharing = operator.optional("address_sharing").and_then(|it| it.boolean());
        let website = operator.optional("website").and_then(|it| it.url());
        let note = operator.optional_texts("note");
        operator.finish();

        let mut statements = statements.into_iter().collect::<Option<Vec<_>>>()?;
        statements.sort_by_key(|statement| std::cmp::Reverse(statement.stated_on));
        Some(Self {
            file,
            id: id?,
            name: name?,
            jurisdiction: jurisdiction?,
            zone: zone?,
            registered_with: registered_with?,
            member_called: member_called?,
            address_sharing,
            website,
            note,
            contact: contact.flatten(),
            software: software.flatten(),
            sync: sync.flatten(),
            statements,
        })
    }
}

/// Where to send an access request: at least one of the two is set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// An address for mail, without `mailto:`.
    pub access_request: Option<String>,
    /// The lines of a postal address.
    pub postal: Option<String>,
}

impl Contact {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let access_request =
            table.optional("access_request").map(|it| it.parsed().map(|MailTo(address)| address));
        let postal = table.optional("postal").map(|it| it.text());
        if access_request.is_none() && postal.is_none() {
            table.add(
                "access_request",
                "missing, and postal too",
                "add one of them: a member must know whom to ask for the record",
            );
        }
        table.finish();
        Some(Self { access_request: access_request.flatten(), postal: postal.flatten() })
    }
}

/// What an operator says that it runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Where its source or configuration is published.
    pub url: Option<String>,
}

impl Software {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let name = table.required("name").and_then(|it| it.line());
        let version = table.optional("version").map(|it| it.line());
        let url = table.optional("url").map(|it| it.url());
        table.finish();
        Some(Self { name: name?, version: version.flatten(), url: url.flatten() })
    }
}

/// Where and with which key an operator answers checks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncEndpoint {
    /// The address below which its calls are, without a slash at the end.
    pub url: String,
    /// The key that signs its statements.
    pub public_key: PublicKey,
    /// The only key that the certificate of its responder may have; `None` where the system's roots
    /// say which certificate is good.
    pub certificate_key: Option<KeyDigest>,
}

impl SyncEndpoint {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let url = table.required("url").and_then(|it| {
            let url = it.url()?;
            if url.contains(['?', '#']) {
                it.add("an address with a query or a fragment", "write only the base address");
                return None;
            }
            Some(url.trim_end_matches('/').to_owned())
        });
        let public_key = table.required("public_key").and_then(|it| it.parsed());
        let certificate_key = table.optional("certificate_key").map(|it| it.parsed());
        table.finish();
        // An unreadable pin must not become no pin.
        let certificate_key = certificate_key.map_or(Some(None), |key| key.map(Some))?;
        Some(Self { url: url?, public_key: public_key?, certificate_key })
    }
}

/// What an operator stated at one time, in one place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileStatement {
    /// Its name in the file.
    pub id: Slug,
    /// What it is.
    pub label: LocalizedText,
    /// What kind of thing says so.
    pub kind: StatementKind,
    /// Its date.
    pub stated_on: NaiveDate,
    /// Who stated it.
    pub by: String,
    /// Where to read it.
    pub url: Option<String>,
    /// How far it was read.
    pub verified: Verified,
    /// What else is to be said of it.
    pub note: Option<LocalizedText>,
    /// What it says, field by field.
    pub stores: Vec<StoredField>,
}

impl ProfileStatement {
    /// What it says of a field.
    pub fn of(&self, field: Field) -> Option<&StoredField> {
        self.stores.iter().find(|stores| stores.field == field)
    }

    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Statement);
        let label = table.texts("label");
        let kind: Option<StatementKind> = table.required_word("kind");
        let stated_on = table.required("stated_on").and_then(|it| it.date());
        let by = table.required("by").and_then(|it| it.line());
        let url = table.optional("url").map(|it| it.url());
        let verified = table.required_word("verified");
        let note = table.optional_texts("note");
        if url.is_none() && kind.is_some_and(StatementKind::is_public) {
            table.add(
                "url",
                "missing, though the statement is public",
                "add the address at which others can read it",
            );
        }
        let mut stores: Vec<StoredField> = Vec::new();
        let mut complete = true;
        for mut entry in table.tables("stores", 0) {
            let field = entry.required("field").and_then(|it| it.parsed());
            if field.is_some_and(|field| stores.iter().any(|it| it.field == field)) {
                entry.add("field", "stands twice in this statement", "remove one");
            }
            match StoredField::read(field, entry) {
                Some(read) => stores.push(read),
                None => complete = false,
            }
        }
        table.finish();
        complete.then_some(())?;
        Some(Self {
            id: id?,
            label: label?,
            kind: kind?,
            stated_on: stated_on?,
            by: by?,
            url: url.flatten(),
            verified: verified?,
            note,
            stores,
        })
    }
}

/// What a statement says of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoredField {
    /// The field.
    pub field: Field,
    /// Whether it is stored.
    pub stored: bool,
    /// Since when; `None` where it does not say.
    pub from: Option<NaiveDate>,
    /// How long; `None` where it does not say.
    pub erase_after: Option<Period>,
    /// From when that is counted; `None` where it does not say.
    pub counted_from: Option<CountedFrom>,
}

impl StoredField {
    fn read(field: Option<Field>, mut table: TomlTable<'_, '_>) -> Option<Self> {
        let stored = table.required("stored").and_then(|it| it.boolean());
        let from = table.optional("from").map(|it| it.date());
        let erase_after = table.optional("erase_after").map(|it| it.period());
        let counted_from = table.optional("counted_from").map(|it| it.word());
        if stored == Some(false) {
            for key in ["from", "erase_after"] {
                if table.has(key) {
                    table.add(
                        key,
                        "said of a field that is not stored",
                        "remove it, or correct stored",
                    );
                }
            }
        }
        if counted_from.is_some() && erase_after.is_none() {
            table.add(
                "counted_from",
                "nothing is counted",
                "add erase_after, or remove counted_from",
            );
        }
        table.finish();
        Some(Self {
            field: field?,
            stored: stored?,
            from: from.flatten(),
            erase_after: erase_after.flatten(),
            counted_from: counted_from.flatten(),
        })
    }
}

named_enum! {
    /// With which regulator an operator says that it is registered.
    pub enum RegisteredWith {
        /// The Belgian one: IBPT, BIPT.
        Ibpt = "ibpt",
        /// The French one.
        Arcep = "arcep",
        /// With none.
        None = "none",
        /// It does not say.
        Unknown = "unknown",
    }
}

named_enum! {
    /// What an operator's software calls a member.
    pub enum MemberCalled {
        /// By the name in the certificate.
        CertificateName = "certificate-name",
        /// By a login.
        Login = "login",
        /// Not known.
        Unknown = "unknown",
    }
}

named_enum! {
    /// What kind of thing a statement is.
    pub enum StatementKind {
        /// The operator told the public.
        Publication = "publication",
        /// Its published program does so.
        PublishedCode = "published-code",
        /// Its published configuration does so.
        PublishedConfiguration = "published-configuration",
        /// It answered a question.
        Correspondence = "correspondence",
        /// Its administrator wrote this profile.
        Administrator = "administrator",
    }
}

impl StatementKind {
    /// Whether anybody can read it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Publication | Self::PublishedCode | Self::PublishedConfiguration)
    }
}

named_enum! {
    /// From when an operator counts.
    pub enum CountedFrom {
        /// From the beginning of the session.
        SessionStart = "session_start",
        /// From the end of the session.
        SessionEnd = "session_end",
        /// From the recording, at some moment of the session.
        Recording = "recording",
        /// From the end of the contract.
        ContractEnd = "contract_end",
    }
}

impl From<CountedFrom> for StartEvent {
    fn from(counting: CountedFrom) -> Self {
        match counting {
            CountedFrom::SessionStart => Self::SessionStart,
            CountedFrom::SessionEnd => Self::SessionEnd,
            CountedFrom::Recording => Self::Recording,
            CountedFrom::ContractEnd => Self::ContractEnd,
        }
    }
}

/// An address for mail, read from `mailto:` (RFC 6068) without its parameters.
struct MailTo(String);

impl FromStr for MailTo {
    type Err = InvalidMailTo;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.strip_prefix("mailto:").ok_or(InvalidMailTo)?;
        let (name, host) = address.split_once('@').ok_or(InvalidMailTo)?;
        let plain = |part: &str| {
            let signs = part.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+')
            });
            signs && !part.is_empty() && part.len() <= 200
        };
        (plain(name) && plain(host) && host.contains('.'))
            .then(|| Self(address.to_owned()))
            .ok_or(InvalidMailTo)
    }
}

struct InvalidMailTo;

impl fmt::Display for InvalidMailTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address for mail is expected, such as mailto:privacy@example.org")
    }
}
