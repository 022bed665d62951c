use crate::web::html::Html;

/// A table that becomes a stack of blocks on a narrow screen, where there is no row of heads: each cell
/// bears its own, as `data-head`. `caption` and `rows` write what is in it.
pub(super) fn stack(
    html: &mut Html,
    class: &str,
    heads: &[&str],
    caption: impl FnOnce(&mut Html),
    rows: impl FnOnce(&mut Html),
) {
    html.element("table", &[("class", class)], |html| {
        caption(html);
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                for head in heads {
                    html.leaf("th", &[("scope", "col")], head);
                }
            });
        });
        html.element("tbody", &[], rows);
    });
}
