use super::page_context::PageContext;
use crate::html::Html;
use crate::render::words::{self, SessionState};

/// A session's state as a coloured badge.
pub(super) fn badge(html: &mut Html, context: &PageContext, state: SessionState) {
    let class = match state {
        SessionState::Closed => "badge closed",
        SessionState::Open => "badge open",
    };
    html.leaf("span", &[("class", class)], context.say(words::state(state)));
}
