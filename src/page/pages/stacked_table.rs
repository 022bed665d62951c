use crate::html::Html;

/// A table that becomes stacked blocks on a narrow screen, where there is no head row: each cell repeats its
/// heading as `data-head`. `caption` and `rows` write the content.
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
