use std::fmt::{self, Write};

/// HTML builder. Elements are closed automatically, and everything but literals of the program is escaped:
/// there is no way to insert a value unescaped.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// An element with the content that `content` writes.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.void(name, attributes);
        content(self);
        self.literal("</").literal(name).literal(">");
    }

    /// An element that contains only text.
    pub(super) fn leaf(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: impl fmt::Display,
    ) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// An element that has no content and no end tag.
    pub(super) fn void(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.literal("<").literal(name);
        for (attribute, value) in attributes {
            self.literal(" ").literal(attribute).literal("=\"");
            self.text(value);
            self.literal("\"");
        }
        self.literal(">");
    }

    /// Text, escaped for content and quoted attributes.
    pub(super) fn text(&mut self, text: impl fmt::Display) {
        // Writing to a `String` does not fail.
        let _ = write!(HtmlEscaper(&mut self.0), "{text}");
    }

    /// Literal HTML from the program.
    pub(super) fn literal(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// The HTML written so far.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

struct HtmlEscaper<'a>(&'a mut String);

impl Write for HtmlEscaper<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // HTML allows no control characters, not even escaped.
                c if c.is_control() && !matches!(c, '\t' | '\n') => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::Html;

    #[test]
    fn what_is_put_in_cannot_become_markup() {
        let mut html = Html::default();
        html.element("p", &[("title", "\" onclick='x'")], |html| {
            html.text("</p><script>alert('&')</script>\0\u{1b}");
            html.leaf("b", &[], 7);
        });
        assert_eq!(
            html.into_string(),
            "<p title=\"&quot; onclick=&#39;x&#39;\">&lt;/p&gt;&lt;script&gt;alert(&#39;&amp;&#39;)\
             &lt;/script&gt;\u{fffd}\u{fffd}<b>7</b></p>"
        );
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_element_or_its_attribute(text in any_text()) {
            let mut html = Html::default();
            html.leaf("p", &[("title", &text)], &text);
            let written = html.into_string();
            prop_assert!(written.matches(['<', '>']).count() == 4, "{}", written);
            prop_assert!(written.matches(['"', '\'']).count() == 2, "{}", written);
        }
    }

    fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
        "(?s)([<>&\"'a]|.)*"
    }
}
