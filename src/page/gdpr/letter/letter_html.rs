use super::letter_content::LetterBlock;
use super::letter_text::Letter;
use crate::messages::letter as msg;

/// All style of a letter's page, for a content security policy that allows styles by hash.
pub const LETTER_STYLE: &str = "\
body{margin:2rem auto;max-width:42rem;padding:0 1rem;color:#111;background:#fff;\
font:1rem/1.5 Georgia,'Liberation Serif',serif}\
address{font-style:normal;margin-bottom:1.5rem}\
h1{font-size:1rem;margin:1.5rem 0}\
code{font-size:.8rem;overflow-wrap:anywhere}\
.signature{margin-top:2.5rem}\
aside{margin-top:2.5rem;border-top:1px solid #555;font:.9rem/1.45 sans-serif}\
aside h2{font-size:.9rem}\
@media print{@page{margin:25mm 20mm}body{margin:0;max-width:none;padding:0;font-size:11pt}\
li,.signature{break-inside:avoid}aside{display:none}}";

impl Letter {
    /// The letter as a page that stands alone and can be printed: no script, nothing fetched. Its
    /// only style is [`LETTER_STYLE`].
    pub fn to_html(&self) -> String {
        page(self)
    }
}

fn page(letter: &Letter) -> String {
    let language = letter.language;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{LETTER_STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(&letter.subject)
    );
    for lines in [&letter.from, &letter.to] {
        page.push_str(&format!("<address>{}</address>\n", broken(lines)));
    }
    let subject = msg::SUBJECT.fill(language, &[("subject", &letter.subject)]);
    page.push_str(&format!("<p>{}</p>\n", escaped(&letter.dated)));
    page.push_str(&format!("<h1>{}</h1>\n", escaped(&subject)));
    page.push_str(&format!("<p>{}</p>\n", escaped(letter.salutation)));
    for block in &letter.blocks {
        match block {
            LetterBlock::Items(texts) => items("ul", texts, &mut page),
            LetterBlock::Paragraph(text) => page.push_str(&format!("<p>{}</p>\n", escaped(text))),
            LetterBlock::Sessions(sessions) => {
                page.push_str("<ul>\n");
                for (id, fact) in sessions {
                    let (id, fact) = (escaped(id), escaped(fact));
                    page.push_str(&format!("<li><code>{id}</code><br>{fact}</li>\n"));
                }
                page.push_str("</ul>\n");
            }
        }
    }
    page.push_str(&format!("<p>{}</p>\n", escaped(letter.closing)));
    page.push_str(&format!("<p class=\"signature\">{}</p>\n", broken(&letter.signature)));
    if !letter.enclosures.is_empty() {
        page.push_str(&format!("<p>{}</p>\n", escaped(msg::ENCLOSURES.text(language))));
        items("ol", &letter.enclosures, &mut page);
    }
    page.push_str("</main>\n");
    if !letter.notes.is_empty() {
        let heading = escaped(msg::BEFORE_SENDING.text(language));
        page.push_str(&format!("<aside>\n<h2>{heading}</h2>\n"));
        items("ul", &letter.notes, &mut page);
        page.push_str("</aside>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn items(list: &str, texts: &[String], page: &mut String) {
    page.push_str(&format!("<{list}>\n"));
    for text in texts {
        page.push_str(&format!("<li>{}</li>\n", escaped(text)));
    }
    page.push_str(&format!("</{list}>\n"));
}

fn broken(lines: &[String]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>\n")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
