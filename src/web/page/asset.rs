use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What the pages load: the style sheet and the icon.
pub(in crate::web) fn asset(request: Request) -> Result<Response, Request> {
    let (content_type, body) = match request.path.as_str() {
        "/style.css" => ("text/css; charset=utf-8", include_str!("style.css")),
        "/icon.svg" => ("image/svg+xml; charset=utf-8", include_str!("icon.svg")),
        _ => return Err(request),
    };
    Ok(Response { content_type, ..Response::html(Status::Ok, body.to_owned()) })
}
