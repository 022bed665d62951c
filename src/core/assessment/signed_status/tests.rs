use super::*;
use crate::assessment::LocalState;
use crate::session::{
    Attributes, BootId, ClockReading, Coverage, End, EndReason, Gateway, Ipv6Prefix, Observed,
    SessionSecret, Source, TimeBounds, Transport, Uptime,
};
use temoin_protocol::{
    Day, FieldSet, Freshness, Held, KeyChain, Salt, SigningKey, StatusAnswer, StatusRequest,
    StoredRecord, UnixSeconds,
};

const START: &str = "2026-11-20T10:00:00Z";
const END: &str = "2026-11-20T18:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn session() -> Session {
    let reading = |realtime: &str| ClockReading {
        boot: BootId::from_bytes([3; 16]),
        uptime: Uptime::from_milliseconds(1_000),
        realtime: at(realtime),
        synchronised: true,
    };
    fn seen<T>(value: T) -> Option<Observed<T>> {
        Some(Observed::new(value, Source::OpenVpnHook))
    }
    let gateway = Gateway { address: "192.0.2.1".parse().unwrap(), port: Some(1194) };
    let prefix = Ipv6Prefix::new("2001:db8:7::".parse().unwrap(), 48).unwrap();
    Session {
        id: SessionSecret::from_bytes([1; 32]).id(),
        device: "tun0".parse().unwrap(),
        interface: Some(4),
        opened: reading(START),
        start: Observed::new(TimeBounds::exact(at(START)), Source::OpenVpnHook),
        end: Some(End {
            moment: Observed::new(TimeBounds::exact(at(END)), Source::OpenVpnHook),
            closed: reading(END),
            reason: EndReason::Stopped,
        }),
        attributes: Attributes {
            origin_address: seen("198.51.100.7".parse().unwrap()),
            origin_port: seen(40_000),
            assigned_ipv4: seen("203.0.113.9".parse().unwrap()),
            assigned_ipv6: seen("2001:db8:5::9".parse().unwrap()),
            delegated_prefix: seen(prefix),
            gateway: seen(gateway),
            transport: seen(Transport::Udp),
        },
        coverage: Coverage::Complete,
        connection: None,
        last_seen: None,
    }
}

/// The operator's record of the session, on which the server's clock is some seconds behind.
fn values() -> Vec<CanonicalValue> {
    let second = |text, more| UnixSeconds::containing(at(text)).unwrap().plus(more);
    let attributes = session().attributes;
    vec![
        CanonicalValue::origin_address(attributes.origin_address.unwrap().value),
        CanonicalValue::origin_port(attributes.origin_port.unwrap().value),
        CanonicalValue::assigned_ipv4(attributes.assigned_ipv4.unwrap().value),
        CanonicalValue::assigned_ipv6(attributes.assigned_ipv6.unwrap().value),
        CanonicalValue::delegated_prefix(attributes.delegated_prefix.unwrap().value),
        CanonicalValue::assigned_at(second(START, 2)),
        CanonicalValue::session_start(second(START, 1)),
        CanonicalValue::session_end(second(END, 240)),
        CanonicalValue::gateway(attributes.gateway.unwrap().value).unwrap(),
        CanonicalValue::transport(attributes.transport.unwrap().value),
    ]
}

/// What the operator would have of another session, field by field.
fn others() -> Vec<CanonicalValue> {
    let second = |text| UnixSeconds::containing(at(text)).unwrap().plus(86_400);
    let prefix = Ipv6Prefix::new("2001:db8:8::".parse().unwrap(), 48).unwrap();
    let gateway = Gateway { address: "192.0.2.2".parse().unwrap(), port: Some(1194) };
    vec![
        CanonicalValue::origin_address("198.51.100.8".parse().unwrap()),
        CanonicalValue::origin_port(40_001),
        CanonicalValue::assigned_ipv4("203.0.113.10".parse().unwrap()),
        CanonicalValue::assigned_ipv6("2001:db8:5::a".parse().unwrap()),
        CanonicalValue::delegated_prefix(prefix),
        CanonicalValue::assigned_at(second(START)),
        CanonicalValue::session_start(second(START)),
        CanonicalValue::session_end(second(END)),
        CanonicalValue::gateway(gateway).unwrap(),
        CanonicalValue::transport(Transport::Tcp),
    ]
}

/// What the operator states at an instant: a record of these fields and values until this day, or none.
fn receipt(when: &str, record: Option<(Option<&str>, &[Field], &[CanonicalValue])>) -> Receipt {
    let id = session().id;
    let mut random = [[0; 32]; StatusRequest::RANDOM];
    (0..).zip(&mut random).for_each(|(place, bytes)| *bytes = [place; 32]);
    let request = StatusRequest::new(&[id], &random).unwrap();
    let key = SigningKey::from_seed(&[3; 32]);
    let stated = UnixSeconds::containing(at(when)).unwrap();
    let answer = StatusAnswer::new(&request, stated, &key, None, |asked| {
        let (day, fields, values) = record.filter(|_| *asked == id)?;
        let day = day.and_then(|day| Day::new(day.parse().unwrap()));
        let held = Held::new(day, fields.iter().copied().collect::<FieldSet>())?;
        Some(StoredRecord { held, values, salt: Salt::from_random([8; 32]).unwrap() })
    });
    let keys = KeyChain::pinned(key.public());
    answer.verify(&request, &keys, Freshness::ClockNotTrusted).unwrap().receipts[0].clone()
}

fn stated(held: Option<Receipt>, not_held: Option<Receipt>, now: &str) -> SignedStatement {
    let sync_state = SyncState {
        id: session().id,
        local_state: LocalState::Ended,
        registration: RegistrationState::Bound { at: at(START) },
        asked_at: None,
        held,
        not_held,
        earlier: Vec::new(),
    };
    SignedStatement::of(&session(), &sync_state, Zone::UTC, at(now)).unwrap()
}

fn comparisons(receipt: Receipt) -> Vec<(Field, DigestComparison)> {
    match stated(Some(receipt), None, END).state {
        SignedState::Held { fields, .. } => fields,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_field_that_is_falsified_differs_and_no_other() {
    let fields: Vec<Field> = CheckableField::ALL.into_iter().map(CheckableField::field).collect();
    let told = comparisons(receipt(END, Some((None, &fields, &values()))));
    assert_eq!(told.len(), fields.len());
    assert!(told.iter().all(|(_, comparison)| *comparison == DigestComparison::Same), "{told:?}");
    for (place, false_value) in others().into_iter().enumerate() {
        let mut values = values();
        values[place] = false_value;
        let differing: Vec<Field> = comparisons(receipt(END, Some((None, &fields, &values))))
            .into_iter()
            .filter(|(_, comparison)| *comparison == DigestComparison::Differs)
            .map(|(field, _)| field)
            .collect();
        assert_eq!(differing, [false_value.field().field()]);
    }
}

#[test]
fn what_one_of_both_does_not_know_cannot_be_compared() {
    let held = [Field::OriginAddress, Field::MemberIdentity, Field::BytesIn];
    // Held, and no digest of it; and what the box never records.
    let told = comparisons(receipt(END, Some((None, &held, &[]))));
    assert_eq!(told.len(), 3);
    assert!(
        told.iter().all(|(_, comparison)| *comparison == DigestComparison::CannotTell),
        "{told:?}"
    );
    let signed =
        SignedStatus::Stated(stated(Some(receipt(END, Some((None, &held, &values())))), None, END));
    assert_eq!(signed.of(Field::OriginAddress), Some(SignedField::Held(DigestComparison::Same)));
    assert_eq!(signed.of(Field::OriginPort), Some(SignedField::NotHeld));
}

#[test]
fn a_statement_tells_of_the_fields_only_what_it_says_of_a_record() {
    let held = |when| Some(receipt(when, Some((Some("2027-11-21"), &[Field::Gateway], &values()))));
    let absent = |held, when: &str| stated(held, Some(receipt(when, None)), when);
    let day = "2027-11-21".parse().ok();
    let (early, late) = ("2027-11-20T23:59:59Z", "2027-11-21T00:00:00Z");
    for (statement, absence, field) in [
        (absent(None, late), NotHeldReason::Contradicted, None),
        (absent(held(END), early), NotHeldReason::Early(day), Some(SignedField::RecordNotHeld)),
        (absent(held(END), late), NotHeldReason::Erased(day), Some(SignedField::RecordNotHeld)),
    ] {
        assert_eq!(statement.state, SignedState::NotHeld(absence));
        assert_eq!(SignedStatus::Stated(statement).of(Field::Gateway), field);
    }
    let overdue = |when| match stated(held(when), None, when).state {
        SignedState::Held { is_overdue, .. } => is_overdue,
        other => panic!("{other:?}"),
    };
    assert!(!overdue("2027-12-04T23:59:59Z") && overdue("2027-12-05T00:00:00Z"));
}
