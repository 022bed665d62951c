/// What it would mean if an operator stored a field of this name; `None` for a harmless name.
///
/// These are the names that logs and flow records use for content, reading and browsing.
pub(super) fn forbidden_meaning(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    DENIED
        .iter()
        .find(|(names, _)| names.contains(&name.as_str()))
        .map(|(_, forbidden_meaning)| *forbidden_meaning)
}

/// What to do about any of them.
pub(super) const REMEDY: &str = "remove it; where an operator really says that it holds this, say so \
    in the statement's note and ask the operator, since no record of a session needs it";

const DENIED: &[(&[&str], &str)] = &[
    (
        &["url", "uri", "http_url", "referer", "referrer", "http_path", "request_line"],
        "holding addresses of pages would mean a record of what each member reads; no retention list \
         reaches it",
    ),
    (
        &["http_host", "host", "hostname", "domain", "sni", "tls_sni", "server_name", "visited"],
        "holding names of sites would mean a record of which sites each member visits; no retention \
         list of an access operator reaches it",
    ),
    (
        &["dns", "dns_query", "dns_queries", "dns_log", "dns_answer", "qname"],
        "holding name look-ups would mean a record of which sites and services each member uses; no \
         retention list reaches it",
    ),
    (
        &[
            "dst_ip",
            "dst_addr",
            "dst_address",
            "dst_port",
            "dest_ip",
            "destination",
            "destination_ip",
            "destination_address",
            "destination_port",
            "recipient_ip",
            "remote_ip",
            "flow",
            "flows",
            "netflow",
            "ipfix",
            "conntrack",
        ],
        "holding destinations would mean a record of whom each member's machines talk to, beyond what \
         a tunnel needs",
    ),
    (
        &[
            "payload",
            "pcap",
            "packet",
            "packets",
            "capture",
            "body",
            "message",
            "text",
            "mail_body",
            "subject",
            "user_agent",
            "cookie",
            "cookies",
        ],
        "holding this would mean interception of what members say and read; no retention list reaches \
         content",
    ),
];

#[cfg(test)]
mod tests {
    use super::forbidden_meaning;
    use crate::session::Field;

    #[test]
    fn names_of_content_and_browsing_are_known_however_they_are_written() {
        for name in
            ["url", "dst_ip", "DNS-Query", "http_host", "sni", "payload", "pcap", "Destination-IP"]
        {
            assert!(forbidden_meaning(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_field_of_the_vocabulary_is_denied() {
        for field in Field::ALL {
            assert!(forbidden_meaning(field.name()).is_none(), "{field}");
        }
    }
}
