//! The report of a training as a page.

use maud::html;

use crate::gallery::{ClustersReport, TrainingReport};
use crate::learning::Report;

const STYLE: &str = "
    body { max-width: 70rem; }
    table { border-collapse: collapse; margin: 1rem 0; }
    td, th { padding: .2em .8em; text-align: right; }
    td:first-child, th:first-child, td:last-child, th:last-child { text-align: left; }
    tbody tr:nth-child(odd) { background: #8881; }
";

/// The page, as HTML.
pub(super) fn page(report: &TrainingReport) -> String {
    let content = html! {
        p {
            (report.works) " works with embeddings by " (report.model) "; people have given "
            (report.tagged_works) " of them tags of the scheme."
        }
        @if let Some(probe) = &report.probe { (tags(probe)) }
        @if let Some(reason) = &report.no_probe { p { "No probe was trained: " (reason) } }
        @if let Some(found) = &report.clusters { (clusters(found)) }
    };
    super::page::page(&format!("What was learnt: {}", report.scheme), STYLE, content)
}

fn tags(report: &Report) -> maud::Markup {
    html! {
        h2 { "Tags" }
        @for line in report.summary() { p { (line) } }
        table {
            thead { tr { @for heading in Report::HEADINGS { th { (heading) } } } }
            tbody { @for row in report.rows() { tr { @for cell in row { td { (cell) } } } } }
        }
    }
}

fn clusters(report: &ClustersReport) -> maud::Markup {
    html! {
        h2 { "Clusters" }
        p { (report.summary()) }
        table {
            thead { tr { th { "cluster" } th { "works" } th { "state" } th { "some of its works" } } }
            tbody {
                @for cluster in &report.clusters {
                    tr {
                        td { (cluster.label) }
                        td { (cluster.works) }
                        td {
                            @if cluster.is_hidden { "hidden" }
                            @else if let Some(into) = cluster.merged_into { "part of " (into) }
                            @else if cluster.is_new { "new" }
                        }
                        td { (cluster.examples.join(", ")) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::ClusterReport;

    #[test]
    fn names_are_escaped() {
        let cluster = ClusterReport {
            id: 1,
            label: "<b>Harbours".into(),
            works: 2,
            is_new: true,
            is_hidden: false,
            merged_into: None,
            examples: vec!["A&B".into()],
        };
        let clusters =
            ClustersReport { works: 2, new: 1, clusters: vec![cluster], ..ClustersReport::default() };
        let report = TrainingReport {
            scheme: "style".into(),
            model: "model:m@1".into(),
            works: 2,
            tagged_works: 0,
            probe: None,
            no_probe: Some("too few".into()),
            clusters: Some(clusters),
        };
        let page = page(&report);
        assert!(page.contains("&lt;b&gt;Harbours") && page.contains("A&amp;B") && page.contains("too few"));
    }
}
