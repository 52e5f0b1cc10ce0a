//! The ranges of all numeric settings.

/// A key with its minimum and maximum, both inclusive.
pub(super) type Range = (&'static str, f64, f64);

const DAY_S: f64 = 86_400.0;
const YEAR_S: f64 = 365.0 * DAY_S;
const HOUR_MS: f64 = 3_600_000.0;
const TIB_IN_MIB: f64 = 1_048_576.0;
const MILLION: f64 = 1e6;
const THREADS: f64 = 1024.0;

/// The ranges of all numeric settings. `config/default.toml` states them beside each key, which a test verifies.
pub(super) const RANGES: &[Range] = &[
    ("web.image_max_age_s", 0.0, YEAR_S),
    ("web.document_max_age_s", 0.0, YEAR_S),
    ("web.documents_mib", 0.0, TIB_IN_MIB),
    ("web.threads", 0.0, THREADS),
    ("web.connections", 1.0, MILLION),
    ("web.connections_per_address", 0.0, MILLION),
    ("web.body_s", 1.0, 3600.0),
    ("web.keep_alive_s", 0.0, DAY_S),
    ("web.slow_reader_s", 0.0, DAY_S),
    ("web.slow_reader_kib_per_s", 0.0, 1e6),
    ("web.drain_s", 0.0, 3600.0),
    ("web.shutdown_s", 0.0, 3600.0),
    ("oai.page", 1.0, 1000.0),
    ("annotations.per_canvas", 0.0, 10_000.0),
    ("annotations.history", 1.0, 100_000.0),
    ("masters.revalidate_s", 0.0, YEAR_S),
    ("masters.stale_while_revalidate_s", 0.0, YEAR_S),
    ("masters.stale_if_error_s", 0.0, YEAR_S),
    ("masters.max_area", 1.0, 1e12),
    ("masters.max_side", 1.0, MILLION),
    ("masters.whole_megapixels", 0.0, 100_000.0),
    ("masters.whole_mib", 0.0, TIB_IN_MIB),
    ("cache.answers_mib", 0.0, TIB_IN_MIB),
    ("cache.indexes_mib", 0.0, TIB_IN_MIB),
    ("cache.decoded_mib", 0.0, TIB_IN_MIB),
    ("cache.disk.gib", 0.001, TIB_IN_MIB),
    ("cache.disk.files", 100.0, 1e9),
    ("work.threads", 0.0, THREADS),
    ("work.memory_mib", 16.0, TIB_IN_MIB),
    ("work.queue_ms", 0.0, HOUR_MS),
    ("work.deadline_ms", 1.0, HOUR_MS),
    ("work.large_mib", 1.0, TIB_IN_MIB),
    ("render.jpeg_quality", 1.0, 100.0),
    ("records.answer_s", 1.0, 3600.0),
    ("records.silence_s", 1.0, 3600.0),
    ("records.slowest_kib_per_s", 0.0, MILLION),
    ("records.source_mib", 1.0, TIB_IN_MIB),
    ("records.documents", 1.0, 1e9),
    ("records.record_mib", 1.0, 1024.0),
    ("records.depth", 4.0, 127.0),
    ("records.values", 1000.0, 1e9),
    ("records.list", 100.0, 1e9),
    ("records.annotation_pages", 0.0, 100_000.0),
    ("records.text_kib", 1.0, TIB_IN_MIB),
    ("catalogue.connections", 1.0, 1000.0),
    ("catalogue.timeout_ms", 1.0, HOUR_MS),
    ("catalogue.stale_rights_s", 0.0, YEAR_S),
    ("inference.model_mib", 1.0, TIB_IN_MIB),
    ("search.memory_mib", 32.0, TIB_IN_MIB),
    ("search.answers_mib", 0.0, TIB_IN_MIB),
    ("search.concepts_mib", 0.0, TIB_IN_MIB),
    ("search.threads", 0.0, THREADS),
    ("search.rebuild_from", 1.0, 1e9),
    ("likeness.memory_mib", 0.0, TIB_IN_MIB),
    ("likeness.upload_mib", 0.0, 1024.0),
    ("likeness.models_mib", 0.0, TIB_IN_MIB),
    ("presentation.logo.width", 0.0, MILLION),
    ("presentation.logo.height", 0.0, MILLION),
    ("pyramids.wait_s", 0.0, 3600.0),
    ("pyramids.at_once", 1.0, 256.0),
    ("pyramids.tile_side", 16.0, 8192.0),
    ("pyramids.jpeg_quality", 1.0, 100.0),
    ("pyramids.max_megapixels", 1.0, MILLION),
    ("pyramids.memory_mib", 16.0, TIB_IN_MIB),
    ("pyramids.from_megapixels", 0.0, MILLION),
    ("store.open_files", 1.0, MILLION),
    ("store.timeout_ms", 1.0, HOUR_MS),
    ("store.connect_timeout_ms", 1.0, HOUR_MS),
    ("store.deadline_ms", 1.0, HOUR_MS),
    ("store.slowest_kib_per_s", 1.0, 1e9),
    ("store.write_timeout_ms", 1.0, HOUR_MS),
    ("store.retries", 0.0, 20.0),
    ("store.concurrent_reads", 1.0, 4096.0),
    ("store.coalesce_gap_kib", 0.0, TIB_IN_MIB),
    ("traces.sample", 0.0, 1.0),
    ("log.sample", 0.0, 1.0),
    ("log.slow_ms", 0.0, HOUR_MS),
    ("store.parallel_reads", 1.0, 256.0),
];

/// The error for a number outside its key's range.
pub(super) fn out_of_range(key: &str, value: f64) -> Option<String> {
    let (_, min, max) = RANGES.iter().find(|(known, ..)| *known == key)?;
    let is_inside = (*min..=*max).contains(&value);
    (!is_inside).then(|| format!("`{key}` is {value}: it must be from {min} to {max}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, value: f64, expected: Option<&str>) {
        assert_eq!(out_of_range(key, value).as_deref(), expected, "{key} {value}");
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_the_range() {
        check("web.threads", 0.0, None);
        check("web.threads", -1.0, Some("`web.threads` is -1: it must be from 0 to 1024"));
        check(
            "masters.revalidate_s",
            1e19,
            Some("`masters.revalidate_s` is 10000000000000000000: it must be from 0 to 31536000"),
        );
        check(
            "pyramids.from_megapixels",
            f64::NAN,
            Some("`pyramids.from_megapixels` is NaN: it must be from 0 to 1000000"),
        );
        check("web.listen", 5.0, None);
    }
}
