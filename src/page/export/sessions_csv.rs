use std::fmt::Display;
use std::io::{self, Write};

use temoin_core::record::DamagedRow;
use temoin_core::session::{Observed, Session, TimeBounds, Timestamp};

const COLUMNS: [&str; 30] = [
    "id",
    "state",
    "device",
    "coverage",
    "start_at",
    "start_earliest",
    "start_latest",
    "start_claimed",
    "start_source",
    "end_at",
    "end_earliest",
    "end_latest",
    "end_claimed",
    "end_source",
    "end_reason",
    "operator_view",
    "origin_address",
    "origin_address_source",
    "origin_port",
    "origin_port_source",
    "assigned_ipv4",
    "assigned_ipv4_source",
    "assigned_ipv6",
    "assigned_ipv6_source",
    "delegated_prefix",
    "delegated_prefix_source",
    "gateway",
    "gateway_source",
    "transport",
    "transport_source",
];

/// Writes sessions as CSV (RFC 4180), a line each under a line of column names.
pub struct CsvWriter<W: Write> {
    out: W,
}

impl<W: Write> CsvWriter<W> {
    /// Begins with the column names.
    ///
    /// # Errors
    /// What the output gives.
    pub fn begin(mut out: W) -> io::Result<Self> {
        write!(out, "{}\r\n", COLUMNS.join(","))?;
        Ok(Self { out })
    }

    /// Writes one session.
    ///
    /// # Errors
    /// What the output gives.
    pub fn session(&mut self, own: &Session) -> io::Result<()> {
        let mut cells: Vec<String> = Vec::with_capacity(COLUMNS.len());
        cells.extend([
            own.id.to_string(),
            own.state().to_owned(),
            own.device.to_string(),
            own.coverage.name().to_owned(),
        ]);
        moment(&mut cells, Some(own.start));
        moment(&mut cells, own.end.as_ref().map(|end| end.moment));
        cells.extend(own.end.as_ref().map_or_else(Default::default, |end| {
            [end.reason.name().to_owned(), end.reason.operator_view().name().to_owned()]
        }));
        let attributes = &own.attributes;
        observed(&mut cells, attributes.origin_address);
        observed(&mut cells, attributes.origin_port);
        observed(&mut cells, attributes.assigned_ipv4);
        observed(&mut cells, attributes.assigned_ipv6);
        observed(&mut cells, attributes.delegated_prefix);
        observed(&mut cells, attributes.gateway);
        observed(&mut cells, attributes.transport);
        let line: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        write!(self.out, "{}\r\n", line.join(","))
    }

    /// Writes a damaged row: its ID, if that can be read, and that it is damaged.
    ///
    /// # Errors
    /// What the output gives.
    pub fn damaged(&mut self, row: &DamagedRow) -> io::Result<()> {
        let id = row.id.map(|id| id.to_string()).unwrap_or_default();
        write!(self.out, "{id},damaged{}\r\n", ",".repeat(COLUMNS.len() - 2))
    }

    /// The output so far, for a caller that drains it.
    pub fn output(&mut self) -> &mut W {
        &mut self.out
    }

    /// Gives the output back.
    pub fn end(self) -> W {
        self.out
    }
}

fn moment(cells: &mut Vec<String>, own: Option<Observed<TimeBounds>>) {
    let text = |value: Option<Timestamp>| value.map_or_else(String::new, |at| at.to_string());
    cells.extend(own.map_or_else(Default::default, |own| {
        [
            text(own.value.instant()),
            text(own.value.earliest),
            text(own.value.latest),
            text(own.value.claimed),
            own.source.name().to_owned(),
        ]
    }));
}

fn observed<T: Display>(cells: &mut Vec<String>, own: Option<Observed<T>>) {
    cells.extend(own.map_or_else(Default::default, |own| {
        [own.value.to_string(), own.source.name().to_owned()]
    }));
}

/// A cell as RFC 4180 writes it. An interface may be called almost anything: what a spreadsheet
/// would take for a formula gets an apostrophe, which makes it text there.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@']);
    if is_formula || cell.contains(['"', ',', '\r', '\n']) {
        let guard = if is_formula { "'" } else { "" };
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
