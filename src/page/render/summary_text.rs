use super::phrases::sentence;
use super::text_layout::{TextLayout, length};
use crate::messages::assessment as w;
use crate::messages::common;
use temoin_core::assessment::{RecordCounts, Summary, UnknownReason};
use temoin_core::law::OperatorName;
use temoin_core::text::{DateFormatter, Message};

/// A summary as plain text for a terminal of `width` columns, in the language and the time
/// zone of `when`.
pub fn summary_text(own: &Summary, when: DateFormatter, width: usize) -> String {
    let mut layout = TextLayout::new(width);
    let say = |message: &Message| message.text(when.language);
    let sessions = |count| common::SESSIONS.fill(when.language, count, &[]);
    layout.paragraph(0, say(&w::SUMMARY));
    layout.gap();
    let values = [("sessions", &*sessions(own.sessions)), ("open", &*own.open.to_string())];
    let recorded = match own.open {
        0 => sessions(own.sessions),
        _ => w::SESSIONS_OPEN.fill(when.language, &values),
    };
    let head = [(say(&w::AS_OF), when.date(own.today)), (say(&w::RECORDED), recorded)];
    let labels = [&w::HELD, &w::GONE, &w::CANNOT_TELL, &w::OLDEST, &w::NEXT, &w::NOT_KEPT]
        .map(say)
        .into_iter()
        .chain([say(&w::NOT_DECLARED)])
        .chain(head.iter().map(|(label, _)| *label));
    let column = labels.map(length).max().unwrap_or(0);
    for (label, text) in &head {
        layout.row(2, label, column, text);
    }
    let operator = match &own.operator {
        Some(OperatorName::Association(name)) => {
            w::BY_DECLARATION.fill(when.language, &[("operator", name)])
        }
        Some(OperatorName::Software(software)) => {
            w::BY_SOFTWARE.fill(when.language, &[("software", software)])
        }
        None => say(&w::BY_DECLARATION_UNKNOWN).to_owned(),
    };
    for (title, count, nothing, unknown) in [
        (say(&w::BY_LAW), &own.law, &w::NOT_KEPT, &w::BY_LAW_UNKNOWN),
        (operator.as_str(), &own.declared, &w::NOT_DECLARED, &w::NO_PROFILE),
    ] {
        layout.heading(title);
        match count {
            None => layout.paragraph(2, &sentence(say(unknown))),
            Some(count) => {
                for (label, text) in rows(count, nothing, when) {
                    layout.row(2, label, column, &text);
                }
            }
        }
    }
    layout.gap();
    if let Some(why) = why_counts_differ(own, when) {
        layout.paragraph(0, &why);
    }
    layout.paragraph(0, say(&w::COUNTED));
    layout.into_string()
}

/// Why law and declaration come to two counts; `None` where they do not.
pub(crate) fn why_counts_differ(own: &Summary, when: DateFormatter) -> Option<String> {
    let (law, declared) = own.law.as_ref().zip(own.declared.as_ref())?;
    if (law.held, law.untold()) == (declared.held, declared.untold()) {
        return None;
    }
    let day = |day| when.date_without_weekday(day);
    Some(match (&own.operator, own.predated) {
        (Some(OperatorName::Software(_)), _) => w::WHY_TWO_SOFTWARE.text(when.language).to_owned(),
        (_, Some((stated, since))) => {
            let values = [("stated", &*day(stated)), ("since", &*day(since))];
            w::WHY_TWO_OLDER.fill(when.language, &values)
        }
        (_, None) => w::WHY_TWO.text(when.language).to_owned(),
    })
}

/// How many sessions are to be held, with bounds where that is not known, and how many of them are erased
/// here.
pub(crate) fn how_many_held(count: &RecordCounts, when: DateFormatter) -> String {
    let sessions = |count| common::SESSIONS.fill(when.language, count, &[]);
    let held = if count.untold() > 0 {
        let (least, most) = (sessions(count.held), sessions(count.at_most()));
        w::HELD_BETWEEN.fill(when.language, &[("least", &least), ("most", &most)])
    } else {
        sessions(count.held)
    };
    if count.erased_here == 0 {
        return held;
    }
    let erased = w::HELD_ERASED_HERE.fill(when.language, count.erased_here, &[]);
    format!("{held}, {erased}")
}

fn rows(
    count: &RecordCounts,
    nothing: &Message,
    when: DateFormatter,
) -> Vec<(&'static str, String)> {
    let say = |message: &Message| message.text(when.language);
    let sessions = |count| common::SESSIONS.fill(when.language, count, &[]);
    let mut rows = vec![(say(&w::HELD), how_many_held(count, when))];
    if let Some((id, start)) = &count.oldest {
        let values = [("id", &*id.short()), ("start", &*when.moment(start))];
        let label = if count.erased_here > 0 { &w::OLDEST_HERE } else { &w::OLDEST };
        rows.push((say(label), w::OLDEST_IS.fill(when.language, &values)));
    }
    if count.held > 0 {
        let next = count.next.map(|(id, last)| {
            let day = when.date_without_weekday(last.succ_opt().unwrap_or(last));
            match id {
                Some(id) => w::NEXT_IS.fill(when.language, &[("id", &id.short()), ("day", &day)]),
                None => w::NEXT_ERASED_HERE.fill(when.language, &[("day", &day)]),
            }
        });
        rows.push((say(&w::NEXT), next.unwrap_or_else(|| say(&w::NEXT_UNKNOWN).to_owned())));
    }
    if count.over > 0 {
        rows.push((say(&w::GONE), sessions(count.over)));
    }
    if count.none > 0 {
        rows.push((nothing.text(when.language), sessions(count.none)));
    }
    for (place, (why, number)) in count.untold.iter().enumerate() {
        let values = [("sessions", &*sessions(*number)), ("why", say(why_text(*why)))];
        let label = if place == 0 { say(&w::CANNOT_TELL) } else { "" };
        rows.push((label, w::UNTOLD_ROW.fill(when.language, &values)));
    }
    rows
}

fn why_text(why: UnknownReason) -> &'static Message {
    match why {
        UnknownReason::Between => &w::UNTOLD_BETWEEN,
        UnknownReason::Depends => &w::UNTOLD_DEPENDS,
        UnknownReason::ErasedHere => &w::UNTOLD_ERASED_HERE,
        UnknownReason::Gap => &w::UNTOLD_GAP,
        UnknownReason::LeftOpen => &w::UNTOLD_LEFT_OPEN,
        UnknownReason::NoLength => &w::UNTOLD_NO_LENGTH,
        UnknownReason::Stale => &w::UNTOLD_STALE,
        UnknownReason::Undated => &w::UNTOLD_UNDATED,
    }
}
