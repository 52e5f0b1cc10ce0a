//! A temporary folder with masters, records and a catalogue, for tests of imports.

use super::command::{CommandOutput, tegl};
use super::not_proven;
use super::postgres::Postgres;
use super::server::Server;

/// A temporary folder with masters, records and a catalogue.
pub(crate) struct Workspace {
    pub folder: tempfile::TempDir,
    pub catalogue: String,
}

impl Workspace {
    pub(crate) fn new<N: AsRef<str>>(masters: &[(N, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("masters")).unwrap();
        for (name, bytes) in masters {
            let path = folder.path().join("masters").join(name.as_ref());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let catalogue = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        Self { folder, catalogue }
    }

    /// A workspace with a catalogue in SQLite, and one with a catalogue in PostgreSQL, where that is installed; `what` is not
    /// proven otherwise.
    pub(crate) fn on_each_database(what: &str, new: impl Fn() -> Self) -> Vec<Self> {
        let mut all = vec![new()];
        match Postgres::shared() {
            Some(postgres) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let catalogue = runtime.block_on(postgres.database());
                all.push(Self { catalogue, ..new() });
            }
            None => not_proven(what, "PostgreSQL is not installed"),
        }
        all
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn ingest(&self, name: &str, records: &str, more: &[&str]) -> CommandOutput {
        std::fs::write(self.path(name), records).unwrap();
        let (masters, records) = (self.path("masters"), self.path(name));
        let arguments = [&["ingest", &masters, "--records", &records], more].concat();
        tegl(&arguments, &[("TEGL__CATALOGUE__URL", &self.catalogue)])
    }

    pub(crate) fn serve(&self, more: &[(&str, &str)]) -> Server {
        let environment = [&[("TEGL__CATALOGUE__URL", self.catalogue.as_str())], more].concat();
        Server::with(&[&self.path("masters")], &environment)
    }
}
