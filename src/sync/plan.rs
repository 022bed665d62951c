use std::collections::HashSet;

use temoin_protocol::{RequestError, StatusRequest};
use temoin_protocol::{SessionId, Timestamp};

/// A session that may be included in a status request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PollCandidate {
    /// Its opaque ID.
    pub id: SessionId,
    /// Why to ask about it.
    pub reason: PlanReason,
    /// When it was last asked about; `None` if never.
    pub asked_at: Option<Timestamp>,
    /// Whether the session has ended.
    pub has_ended: bool,
}

/// Why an ID is in a request, in order of priority.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum PlanReason {
    /// No statement has confirmed the registration yet.
    Unconfirmed,
    /// The erase-by date has come: check that the record is gone.
    Due,
    /// No statement has given an erase-by date yet.
    Undetermined,
    /// A random check that the record is unchanged.
    Sample,
}

impl PlanReason {
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

/// Random input for one request, from a cryptographically secure source.
#[derive(Clone)]
pub struct Randomness {
    /// Filler IDs, and the random bytes that end a request.
    pub fillers: [[u8; 32]; StatusRequest::RANDOM],
    /// One number per sample candidate; surplus ones are not used.
    pub chances: [u32; StatusRequest::IDS],
}

/// Which sessions a status request asks about, and why.
///
/// A request has 63 places for sessions, assigned in the order of [`PlanReason`], then to those least
/// recently asked about; the rest waits for the next request:
///
/// * unconfirmed and due sessions: in every request, until a statement settles them;
/// * sessions without an erase-by date: once they have ended (before, there usually is none), and at most
///   every third day, so that an operator that never gives a date does not take all places;
/// * samples of the others: the 63 least recently asked, each with a chance of one in thirty per day, so
///   about once a month each or, if there are many, two a day in total. They are unpredictable, so an
///   operator that alters a record cannot know that nobody will check; and their number is random, so the
///   operator learns little about which sessions the member cares about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    asked: Vec<(SessionId, PlanReason)>,
    request: StatusRequest,
}

impl Plan {
    /// Chooses from `candidates`.
    ///
    /// # Errors
    /// [`RequestError::Repeated`] if the random source is broken.
    pub fn new(
        candidates: &[PollCandidate],
        now: Timestamp,
        draw: &Randomness,
    ) -> Result<Self, RequestError> {
        let mut ordered: Vec<&PollCandidate> = candidates.iter().collect();
        ordered.sort_by_key(|candidate| (candidate.reason, candidate.asked_at));
        let mut chances = draw.chances.iter();
        let mut named = HashSet::new();
        let mut asked = Vec::new();
        for PollCandidate { id, reason, asked_at, has_ended } in ordered {
            let is_wanted = match reason {
                PlanReason::Unconfirmed | PlanReason::Due => true,
                PlanReason::Undetermined => {
                    *has_ended && asked_at.is_none_or(|at| is_long_ago(at, now))
                }
                PlanReason::Sample => {
                    chances.next().is_some_and(|chance| *chance <= u32::MAX / SAMPLE_OF)
                }
            };
            if is_wanted && asked.len() < StatusRequest::MAX_REAL && named.insert(*id) {
                asked.push((*id, *reason));
            }
        }
        let real: Vec<SessionId> = asked.iter().map(|(id, _)| *id).collect();
        let request = StatusRequest::new(&real, &draw.fillers)?;
        Ok(Self { asked, request })
    }

    /// The request, with session IDs mixed with random ones.
    pub fn request(&self) -> &StatusRequest {
        &self.request
    }

    /// The sessions asked about, and why.
    pub fn asked(&self) -> &[(SessionId, PlanReason)] {
        &self.asked
    }
}

/// Also true if the clock went back since.
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

    fn candidate(number: u32, reason: PlanReason, asked: Option<i64>) -> PollCandidate {
        PollCandidate { id: id(number), reason, asked_at: asked.map(at), has_ended: true }
    }

    /// Randomness that takes every sample, or none.
    fn draw(seed: u32, chance: u32) -> Randomness {
        let fillers = std::array::from_fn(|place| {
            let place = u32::try_from(place).unwrap();
            *id(1_000_000 + seed * 64 + place).as_bytes()
        });
        Randomness { fillers, chances: [chance; StatusRequest::IDS] }
    }

    fn asked(candidates: &[PollCandidate], chance: u32) -> Vec<(SessionId, PlanReason)> {
        Plan::new(candidates, at(0), &draw(0, chance)).unwrap().asked().to_vec()
    }

    #[test]
    fn what_can_be_learnt_at_once_goes_first_and_the_longest_unasked_before_others() {
        let mut candidates = vec![
            candidate(1, PlanReason::Sample, Some(-9)),
            candidate(2, PlanReason::Undetermined, Some(-9)),
            candidate(3, PlanReason::Due, Some(-1)),
            candidate(4, PlanReason::Due, Some(-2)),
            candidate(5, PlanReason::Unconfirmed, Some(-1)),
        ];
        let order = |candidates: &[PollCandidate]| -> Vec<SessionId> {
            asked(candidates, 0).iter().map(|(id, _)| *id).collect()
        };
        assert_eq!(order(&candidates), [5, 4, 3, 2, 1].map(id));
        candidates.extend((10..80).map(|number| candidate(number, PlanReason::Due, Some(-3))));
        let names = order(&candidates);
        assert_eq!((names.len(), names[0]), (StatusRequest::MAX_REAL, id(5)));
        assert!(!names.contains(&id(3)) && !names.contains(&id(1)));
    }

    #[test]
    fn a_day_that_is_not_determined_is_asked_for_after_the_end_and_not_daily() {
        let fresh = candidate(1, PlanReason::Undetermined, Some(-1));
        let lasting =
            PollCandidate { has_ended: false, ..candidate(2, PlanReason::Undetermined, None) };
        let ripe = candidate(3, PlanReason::Undetermined, Some(-2));
        let later = candidate(4, PlanReason::Undetermined, Some(5));
        assert_eq!(
            asked(&[fresh, lasting, ripe, later], u32::MAX),
            [(id(3), PlanReason::Undetermined), (id(4), PlanReason::Undetermined)]
        );
    }

    #[test]
    fn one_sample_in_thirty_is_taken() {
        let candidates: Vec<PollCandidate> =
            (0..63).map(|number| candidate(number, PlanReason::Sample, None)).collect();
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
        assert_eq!(Plan::new(&[], at(0), &broken), Err(RequestError::Repeated));
    }

    fn candidates() -> impl Strategy<Value = Vec<PollCandidate>> {
        let reasons = [
            PlanReason::Unconfirmed,
            PlanReason::Due,
            PlanReason::Undetermined,
            PlanReason::Sample,
        ];
        vec((0_u32..200, select(reasons.to_vec()), any::<bool>(), -9_i64..9), 0..150).prop_map(
            |all| {
                let all = all.into_iter().map(|(number, reason, has_ended, day)| PollCandidate {
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
                let is_one = |it: &&PollCandidate| it.id == *id && it.reason == *reason;
                prop_assert!(candidates.iter().any(|it| is_one(&it)));
            }
            prop_assert!(plan.asked().is_sorted_by_key(|(_, reason)| *reason));
        }

        #[test]
        fn nothing_urgent_is_left_out_while_there_is_a_place(candidates in candidates()) {
            let plan = Plan::new(&candidates, at(0), &draw(2, u32::MAX)).unwrap();
            let is_named = |it: &PollCandidate| plan.asked().iter().any(|(id, _)| *id == it.id);
            if plan.asked().len() < StatusRequest::MAX_REAL {
                prop_assert!(candidates.iter().filter(|it| it.reason <= PlanReason::Due).all(is_named));
            }
        }
    }
}
