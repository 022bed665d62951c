use std::collections::HashSet;

use crate::domain::{SessionId, Timestamp};
use crate::protocol::{CannotAsk, StatusRequest};

/// A session that the operator could be asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Its opaque name.
    pub id: SessionId,
    /// What could be learnt.
    pub reason: Reason,
    /// When a request last named it; `None` where none did.
    pub asked_at: Option<Timestamp>,
    /// Whether the session is over.
    pub has_ended: bool,
}

/// What an ID is asked for; in the order in which the places of a request are given away.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// Whether the session is registered: no statement has said so yet.
    Unconfirmed,
    /// Whether the record is gone: the day by which it should be has come.
    Due,
    /// By which day it will be gone: no statement has said so yet.
    Undetermined,
    /// Whether what is held is still the same.
    Sample,
}

impl Reason {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Due => "due",
            Self::Undetermined => "undetermined",
            Self::Sample => "sample",
        }
    }
}

/// The randomness of one request, from a source that is cryptographically secure.
#[derive(Clone)]
pub struct Draw {
    /// What fills the request up.
    pub fillers: [[u8; 32]; StatusRequest::IDS],
    /// One number for each candidate for a sample; what is left over is not used.
    pub chances: [u32; StatusRequest::IDS],
}

/// Which sessions one request asks for, and why.
///
/// A request has 63 places for sessions, given away in the order of [`Reason`] and, for the same reason,
/// to those first that were not asked for the longest time; what does not fit waits for the next one.
/// What is asked for and when:
///
/// * unconfirmed and due ones in each request, until a statement settles it;
/// * those whose day is not determined once they have ended (before, there mostly is none), and not
///   more often than each third day, lest an operator that never says it gets all places;
/// * of the others each day each of 63, of those that were not asked for the longest time, with a chance
///   of one in thirty: about once a month each or, where there are many, two a day in all. Which ones
///   and when cannot be foreseen, so an operator that changes a record can never know that nobody will
///   look; and samples take no more places than chance gives them, so that the operator learns little
///   of which sessions somebody cares for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    asked: Vec<(SessionId, Reason)>,
    request: StatusRequest,
}

impl Plan {
    /// Chooses from `candidates`.
    ///
    /// # Errors
    /// [`CannotAsk::Repeated`] where the random source is broken.
    pub fn new(candidates: &[Candidate], now: Timestamp, draw: &Draw) -> Result<Self, CannotAsk> {
        let mut ordered: Vec<&Candidate> = candidates.iter().collect();
        ordered.sort_by_key(|candidate| (candidate.reason, candidate.asked_at));
        let mut chances = draw.chances.iter();
        let mut named = HashSet::new();
        let mut asked = Vec::new();
        for Candidate { id, reason, asked_at, has_ended } in ordered {
            let is_wanted = match reason {
                Reason::Unconfirmed | Reason::Due => true,
                Reason::Undetermined => {
                    *has_ended && asked_at.is_none_or(|at| is_long_ago(at, now))
                }
                Reason::Sample => {
                    chances.next().is_some_and(|chance| *chance <= u32::MAX / SAMPLE_OF)
                }
            };
            if is_wanted && asked.len() < StatusRequest::MOST_REAL && named.insert(*id) {
                asked.push((*id, *reason));
            }
        }
        let real: Vec<SessionId> = asked.iter().map(|(id, _)| *id).collect();
        let request = StatusRequest::new(&real, &draw.fillers)?;
        Ok(Self { asked, request })
    }

    /// The request, in which the IDs of sessions stand among random ones.
    pub fn request(&self) -> &StatusRequest {
        &self.request
    }

    /// The sessions that are asked for, and why.
    pub fn asked(&self) -> &[(SessionId, Reason)] {
        &self.asked
    }
}

/// Also where the clock went back since.
fn is_long_ago(at: Timestamp, now: Timestamp) -> bool {
    now < at || now.since(at).as_millis() >= UNDETERMINED_PAUSE
}

/// In milliseconds: a little less than three days, so that requests at random times of the day do not
/// make it four.
const UNDETERMINED_PAUSE: u128 = 2 * 86_400_000;

/// One of so many, each day.
const SAMPLE_OF: u32 = 30;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use proptest::sample::select;
    use proptest::strategy::Strategy;
    use sha2::{Digest, Sha256};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn id(number: u32) -> SessionId {
        SessionId::from_bytes(Sha256::digest(number.to_be_bytes()).into())
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_milliseconds(20_000 * DAY + day * DAY).unwrap()
    }

    fn candidate(number: u32, reason: Reason, asked: Option<i64>) -> Candidate {
        Candidate { id: id(number), reason, asked_at: asked.map(at), has_ended: true }
    }

    /// Randomness that takes every sample, or none.
    fn draw(seed: u32, chance: u32) -> Draw {
        let fillers = std::array::from_fn(|place| {
            let place = u32::try_from(place).unwrap();
            *id(1_000_000 + seed * 64 + place).as_bytes()
        });
        Draw { fillers, chances: [chance; StatusRequest::IDS] }
    }

    fn asked(candidates: &[Candidate], chance: u32) -> Vec<(SessionId, Reason)> {
        Plan::new(candidates, at(0), &draw(0, chance)).unwrap().asked().to_vec()
    }

    #[test]
    fn what_can_be_learnt_at_once_goes_first_and_the_longest_unasked_before_others() {
        let mut candidates = vec![
            candidate(1, Reason::Sample, Some(-9)),
            candidate(2, Reason::Undetermined, Some(-9)),
            candidate(3, Reason::Due, Some(-1)),
            candidate(4, Reason::Due, Some(-2)),
            candidate(5, Reason::Unconfirmed, Some(-1)),
        ];
        let order = |candidates: &[Candidate]| -> Vec<SessionId> {
            asked(candidates, 0).iter().map(|(id, _)| *id).collect()
        };
        assert_eq!(order(&candidates), [5, 4, 3, 2, 1].map(id));
        candidates.extend((10..80).map(|number| candidate(number, Reason::Due, Some(-3))));
        let names = order(&candidates);
        assert_eq!((names.len(), names[0]), (StatusRequest::MOST_REAL, id(5)));
        assert!(!names.contains(&id(3)) && !names.contains(&id(1)));
    }

    #[test]
    fn a_day_that_is_not_determined_is_asked_for_after_the_end_and_not_daily() {
        let fresh = candidate(1, Reason::Undetermined, Some(-1));
        let lasting = Candidate { has_ended: false, ..candidate(2, Reason::Undetermined, None) };
        let ripe = candidate(3, Reason::Undetermined, Some(-2));
        let later = candidate(4, Reason::Undetermined, Some(5));
        assert_eq!(
            asked(&[fresh, lasting, ripe, later], u32::MAX),
            [(id(3), Reason::Undetermined), (id(4), Reason::Undetermined)]
        );
    }

    #[test]
    fn one_sample_in_thirty_is_taken() {
        let candidates: Vec<Candidate> =
            (0..63).map(|number| candidate(number, Reason::Sample, None)).collect();
        let taken: usize = (0..2_000)
            .map(|seed| {
                let mut draw = draw(seed, 0);
                for (place, chance) in draw.chances.iter_mut().enumerate() {
                    *chance = u32::from_be_bytes(draw.fillers[place][..4].try_into().unwrap());
                }
                Plan::new(&candidates, at(0), &draw).unwrap().asked().len()
            })
            .sum();
        // 126000 draws of one in thirty: 4200, give or take five deviations of 64.
        assert!((3_880..=4_520).contains(&taken), "{taken}");
    }

    #[test]
    fn a_source_that_repeats_itself_is_noticed() {
        let mut broken = draw(0, 0);
        broken.fillers[5] = broken.fillers[6];
        assert_eq!(Plan::new(&[], at(0), &broken), Err(CannotAsk::Repeated));
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let reasons = [Reason::Unconfirmed, Reason::Due, Reason::Undetermined, Reason::Sample];
        vec((0_u32..200, select(reasons.to_vec()), any::<bool>(), -9_i64..9), 0..150).prop_map(
            |all| {
                let all = all.into_iter().map(|(number, reason, has_ended, day)| Candidate {
                    has_ended,
                    ..candidate(number, reason, (day < 5).then_some(day))
                });
                all.collect()
            },
        )
    }

    proptest! {
        #[test]
        fn every_request_has_one_form_and_names_only_candidates(
            candidates in candidates(),
            chance in any::<u32>(),
        ) {
            let plan = Plan::new(&candidates, at(0), &draw(1, chance)).unwrap();
            let request = plan.request();
            prop_assert_eq!(request.to_bytes().len(), StatusRequest::SIZE);
            prop_assert!(request.ids().windows(2).all(|pair| pair[0] < pair[1]));
            let real: Vec<SessionId> = (0..StatusRequest::IDS)
                .filter(|place| request.is_real(*place))
                .map(|place| request.ids()[place])
                .collect();
            let mut named: Vec<SessionId> = plan.asked().iter().map(|(id, _)| *id).collect();
            named.sort_unstable();
            prop_assert_eq!(real, named);
            for (id, reason) in plan.asked() {
                let is_one = |it: &&Candidate| it.id == *id && it.reason == *reason;
                prop_assert!(candidates.iter().any(|it| is_one(&it)));
            }
            prop_assert!(plan.asked().is_sorted_by_key(|(_, reason)| *reason));
        }

        #[test]
        fn nothing_urgent_is_left_out_while_there_is_a_place(candidates in candidates()) {
            let plan = Plan::new(&candidates, at(0), &draw(2, u32::MAX)).unwrap();
            let is_named = |it: &Candidate| plan.asked().iter().any(|(id, _)| *id == it.id);
            if plan.asked().len() < StatusRequest::MOST_REAL {
                prop_assert!(candidates.iter().filter(|it| it.reason <= Reason::Due).all(is_named));
            }
        }
    }
}
