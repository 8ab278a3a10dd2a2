//! Files that are there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Only the owner reads and writes.
const MODE: u32 = 0o600;

/// A file under another name until it is complete.
#[derive(Debug)]
pub(crate) struct Whole {
    file: File,
    temporary: PathBuf,
    name: PathBuf,
    is_complete: bool,
}

impl Whole {
    pub(crate) fn create(name: &Path) -> io::Result<Self> {
        let last = name.file_name().ok_or_else(|| io::Error::other("it is no name of a file"))?;
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(last);
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = name.with_file_name(temporary);
        let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&temporary)?;
        Ok(Self { file, temporary, name: name.to_owned(), is_complete: false })
    }

    /// Gives the file its name, when it is on disk.
    pub(crate) fn complete(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.temporary, &self.name)?;
        self.is_complete = true;
        // So that the name is on disk too.
        let folder = self.name.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.is_complete {
            let _gone = std::fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_has_its_name_only_when_it_is_complete() {
        let folder = std::env::temp_dir().join(format!("edgewit-whole-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let name = folder.join("state.jsonl");
        let names = || std::fs::read_dir(&folder).unwrap().count();
        let mut half = Whole::create(&name).unwrap();
        half.write_all(b"half").unwrap();
        assert!(!name.exists() && names() == 1);
        drop(half);
        assert_eq!(names(), 0);
        std::fs::write(&name, "old").unwrap();
        let mut whole = Whole::create(&name).unwrap();
        whole.write_all(b"whole").unwrap();
        assert_eq!(std::fs::read_to_string(&name).unwrap(), "old");
        whole.complete().unwrap();
        assert_eq!((std::fs::read_to_string(&name).unwrap().as_str(), names()), ("whole", 1));
        assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, MODE);
        assert!(Whole::create(Path::new("/")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
