use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};

/// The style sheet and the icon.
pub(crate) fn asset(request: PageRequest) -> Result<PageResponse, PageRequest> {
    let (content_type, body) = match request.path.as_str() {
        "/style.css" => ("text/css; charset=utf-8", include_str!("style.css")),
        "/icon.svg" => ("image/svg+xml; charset=utf-8", include_str!("icon.svg")),
        _ => return Err(request),
    };
    Ok(PageResponse { content_type, ..PageResponse::html(PageStatus::Ok, body.to_owned()) })
}
