use temoin_core::law::OperatorName;
use temoin_core::text::Language;

use crate::messages::common as msg;
use crate::render::words::sentence_start;

/// An operator within a sentence: its name, or what is known of it.
pub fn operator(name: Option<&OperatorName>, language: Language) -> String {
    match name {
        Some(OperatorName::Association(name)) => name.clone(),
        Some(OperatorName::Software(software)) => {
            msg::YOUR_ASSOCIATION.fill(language, &[("software", software)])
        }
        None => msg::YOUR_OPERATOR.text(language).to_owned(),
    }
}

/// The same at the start of a sentence; a name is written as its owner writes it.
pub fn operator_at_start(name: Option<&OperatorName>, language: Language) -> String {
    let written = operator(name, language);
    match name {
        Some(OperatorName::Association(_)) => written,
        Some(OperatorName::Software(_)) | None => sentence_start(&written),
    }
}
