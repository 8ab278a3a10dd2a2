//! The file of a store: where it is, who may read it, and what its failures are called.

use super::schema::{self, Migration};
use crate::StoreError;
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Memory for pages of the file, in bytes. Little: records are read at the start, and then the control plane has them.
const CACHE_SIZE: usize = 16 << 20;
/// For the owner alone: records hold secrets.
const FILE_MODE: u32 = 0o600;
/// The same, of folders.
const FOLDER_MODE: u32 = 0o700;
/// What a file is called until it is complete.
const UNFINISHED: &str = "new";

/// How an opened file becomes a database; a test puts one that fails in between.
pub(super) type Backing = fn(&Builder, File) -> Result<Database, DatabaseError>;

/// The file of a store and how to open it.
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) backing: Backing,
    pub(super) migrations: &'static [Migration],
}

impl Place {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, backing: plain, migrations: schema::MIGRATIONS }
    }

    /// Opens the file, which is made where there is none, checks all of it and brings it up to date.
    pub(super) fn open(&self) -> Result<Database, StoreError> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .map_err(io_error("cannot make the folder", folder))?;
        let exists = self.file.try_exists().map_err(io_error("cannot look for", &self.file))?;
        if !exists {
            self.create(folder)?;
        } else if std::fs::metadata(&self.file).map_err(io_error("cannot look at", &self.file))?.len() == 0 {
            // The database would take it for a new one, and the node would begin without what it had.
            return Err(StoreError::Corrupt { file: self.file.clone(), reason: "it is empty".into() });
        }
        self.opened(&self.file, OpenOptions::new().read(true).write(true))
    }

    /// Makes the file under another name first: one that lacks its beginning after a crash could not be opened.
    fn create(&self, folder: &Path) -> Result<(), StoreError> {
        let directory = File::open(folder).map_err(io_error("cannot open the folder", folder))?;
        // Of two processes that start in an empty folder, one makes the file and the other finds it.
        directory.lock().map_err(io_error("cannot lock the folder", folder))?;
        if self.file.try_exists().map_err(io_error("cannot look for", &self.file))? {
            return Ok(());
        }
        let unfinished = self.file.with_extension(UNFINISHED);
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("cannot remove", &unfinished)(error));
            }
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(FILE_MODE);
        drop(self.opened(&unfinished, &options)?);
        std::fs::rename(&unfinished, &self.file).map_err(io_error("cannot rename", &unfinished))?;
        // Else the name could be lost with the power, and all commits with it.
        directory.sync_all().map_err(io_error("cannot sync the folder", folder))
    }

    fn opened(&self, path: &Path, options: &OpenOptions) -> Result<Database, StoreError> {
        let file = options.open(path).map_err(io_error("cannot open", path))?;
        let mut builder = Database::builder();
        // The whole file is read at each start anyway. Without this a damaged one could be trusted.
        builder.set_cache_size(CACHE_SIZE).set_check_integrity_on_open(true);
        // The last resort against files that nobody thought of: the node is to say what is wrong and where.
        let opened = catch_unwind(AssertUnwindSafe(|| (self.backing)(&builder, file)));
        let database = opened
            .map_err(|_| StoreError::Corrupt { file: path.into(), reason: "its pages make no sense".into() })?
            .map_err(|error| Failure::of(path, "cannot be opened", error.into()))?;
        let failed = |error: redb::Error| Failure::of(path, "cannot be prepared", error);
        let transaction = database.begin_write().map_err(|error| failed(error.into()))?;
        schema::prepare(&transaction, path, self.migrations)?;
        transaction.commit().map_err(|error| failed(error.into()))?;
        Ok(database)
    }
}

fn plain(builder: &Builder, file: File) -> Result<Database, DatabaseError> {
    builder.create_with_backend(FileBackend::new(file)?)
}

/// Names what the database says.
pub(super) struct Failure;

impl Failure {
    pub(super) fn of(file: &Path, what: &str, error: redb::Error) -> StoreError {
        match error {
            redb::Error::DatabaseAlreadyOpen => StoreError::InUse { file: file.into() },
            redb::Error::Io(source)
                if matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                StoreError::Corrupt { file: file.into(), reason: source.to_string() }
            }
            redb::Error::Io(source) => StoreError::Io { what: format!("{} {what}", file.display()), source },
            redb::Error::PreviousIo | redb::Error::DatabaseClosed | redb::Error::LockPoisoned(_) => {
                let source = io::Error::other(error.to_string());
                StoreError::Io { what: format!("{} {what}", file.display()), source }
            }
            other => StoreError::Corrupt { file: file.into(), reason: other.to_string() },
        }
    }
}

fn io_error(what: &str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let what = format!("{what} {}", path.display());
    move |source| StoreError::Io { what, source }
}
