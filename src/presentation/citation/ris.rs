//! Citations as RIS records.

use super::Citation;
use super::line::line;

/// The record of a work. A value is one line, so that no text of a record can begin another field.
pub(super) fn record(citation: &Citation) -> String {
    let year = citation.years.0.or(citation.years.1);
    let mut lines = vec![("TY", "ART".to_owned())];
    lines.extend(citation.creators.iter().map(|name| ("AU", name.sorted())));
    lines.push(("TI", citation.title.clone()));
    lines.extend(year.filter(|year| *year > 0).map(|year| ("PY", format!("{year:04}"))));
    lines.extend(citation.date.clone().map(|date| ("Y1", date_of(year, &date))));
    lines.extend(citation.physical().map(|physical| ("M3", physical)));
    lines.extend(citation.museum.clone().map(|museum| ("PB", museum)));
    lines.push(("AN", citation.number.clone()));
    lines.extend(citation.rights.clone().map(|rights| ("C1", rights)));
    lines.extend(citation.detail_note().map(|note| ("N1", note)));
    lines.push(("UR", citation.page()));
    let image = citation.detail.as_ref().and_then(|detail| detail.image.clone());
    lines.extend(image.map(|image| ("L4", image)));
    lines.push(("LA", citation.language.clone()));
    let mut record = String::new();
    for (tag, value) in lines {
        let value = line(&value);
        if !value.is_empty() {
            record.push_str(&format!("{tag}  - {value}\r\n"));
        }
    }
    record + "ER  - \r\n"
}

/// `YYYY/MM/DD/other`: the year, and the date as the record words it.
fn date_of(year: Option<i32>, date: &str) -> String {
    let year = year.filter(|year| *year > 0).map(|year| format!("{year:04}")).unwrap_or_default();
    format!("{year}///{}", date.replace('/', "-"))
}
