//! Compiled plugins, kept between two starts of a node.
//!
//! They are native code, so only what this node wrote is taken back: every file carries an HMAC with a key that only
//! the node's user can read. What does not fit is deleted and compiled anew.

use edgewit_plugin::Artifacts;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of all files; the oldest go first.
const KEPT_BYTES: u64 = 2 << 30;
/// Bytes of the key and of a tag.
const KEY_BYTES: usize = 32;
const KEY_FILE: &str = "key";
const EXTENSION: &str = "compiled";

/// A folder of compiled plugins.
pub(crate) struct CompiledPlugins {
    folder: PathBuf,
    key: hmac::Key,
}

impl CompiledPlugins {
    /// Opens `data/plugins`, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made or read, or when others could read its key.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("plugins");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // Whoever owns the folder or may write there can put another key under the name of ours.
        check_owner(&folder, &fs::metadata(&folder)?, 0o022)?;
        let key = match read_key(&folder.join(KEY_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(&folder)?,
            other => other?,
        };
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), folder })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(key).with_extension(EXTENSION)
    }

    /// The name is under the tag too: a file that was renamed is another plugin's.
    fn tag(&self, key: &str, bytes: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(key.as_bytes());
        context.update(bytes);
        context.sign()
    }

    fn write(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.make_room(bytes.len() as u64)?;
        let path = self.path(key);
        let unfinished = self.folder.join(format!("{key}.{}", std::process::id()));
        let written = (|| {
            let mut file = private(&unfinished)?;
            file.write_all(self.tag(key, bytes).as_ref())?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        })();
        if written.is_err() {
            // Half a file is of no use, and a full disk needs the room.
            let _gone = fs::remove_file(&unfinished);
        }
        written
    }

    fn make_room(&self, bytes: u64) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION)
                && let Ok(meta) = fs::metadata(&path)
            {
                files.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), path));
            }
        }
        files.sort();
        let mut all: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, length, path) in files {
            if all + bytes <= KEPT_BYTES {
                break;
            }
            fs::remove_file(path)?;
            all -= length;
        }
        Ok(())
    }
}

impl Artifacts for CompiledPlugins {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut file = fs::read(&path).ok()?;
        if file.len() >= KEY_BYTES {
            let bytes = file.split_off(KEY_BYTES);
            let mut context = Vec::with_capacity(key.len() + bytes.len());
            context.extend_from_slice(key.as_bytes());
            context.extend_from_slice(&bytes);
            if hmac::verify(&self.key, &context, &file).is_ok() {
                return Some(bytes);
            }
        }
        tracing::warn!(file = %path.display(), "a compiled plugin is not what this node wrote; it is compiled anew");
        let _gone = fs::remove_file(&path);
        None
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        if let Err(error) = self.write(key, bytes) {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "a compiled plugin could not be kept; the next start compiles it again");
        }
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut file = File::open(path)?;
    check_owner(path, &file.metadata()?, 0o077)?;
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    Ok(key)
}

/// Refuses what belongs to somebody else, and what others may do `forbidden` with.
fn check_owner(path: &Path, meta: &fs::Metadata, forbidden: u32) -> io::Result<()> {
    #[expect(unsafe_code, reason = "the standard library does not say who runs this process")]
    // SAFETY: takes nothing, changes nothing and cannot fail.
    let user = unsafe { libc::geteuid() };
    let path = path.display();
    if meta.uid() != user {
        let owner = meta.uid();
        return Err(io::Error::other(format!(
            "{path} belongs to user {owner} and this node runs as user {user}; delete it or use another `--data`"
        )));
    }
    if meta.mode() & forbidden != 0 {
        let what = if forbidden & 0o044 == 0 { "written" } else { "read" };
        return Err(io::Error::other(format!(
            "{path} can be {what} by others; delete it or use another `--data`"
        )));
    }
    Ok(())
}

/// Two nodes that start at once agree on the key that is linked first.
fn make_key(folder: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
    let unfinished = folder.join(format!("{KEY_FILE}.{}", std::process::id()));
    let mut file = private(&unfinished)?;
    file.write_all(&key)?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, folder.join(KEY_FILE));
    fs::remove_file(&unfinished)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(&folder.join(KEY_FILE)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("edgewit-artifacts-{name}-{}", std::process::id()));
        let _fresh = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn what_was_written_comes_back_also_after_a_restart() {
        let data = folder("kept");
        CompiledPlugins::open(&data).unwrap().put("a", b"machine code");
        assert_eq!(CompiledPlugins::open(&data).unwrap().get("a").as_deref(), Some(&b"machine code"[..]));
        assert_eq!(CompiledPlugins::open(&data).unwrap().get("b"), None);
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn what_others_wrote_changed_renamed_or_cut_does_not() {
        let data = folder("changed");
        let kept = CompiledPlugins::open(&data).unwrap();
        let file = |name: &str| data.join("plugins").join(name).with_extension(EXTENSION);
        kept.put("a", b"machine code");
        fs::copy(file("a"), file("other")).unwrap();
        assert_eq!(kept.get("other"), None);
        let mut bytes = fs::read(file("a")).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(file("a"), &bytes).unwrap();
        assert_eq!(kept.get("a"), None);
        assert!(!file("a").exists(), "what cannot be trusted is not kept");
        for length in [0, 10, 32, 40] {
            kept.put("a", b"machine code");
            let whole = fs::read(file("a")).unwrap();
            fs::write(file("a"), &whole[..length]).unwrap();
            assert_eq!(kept.get("a"), None, "cut to {length}");
        }
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let data = folder("shared");
        drop(CompiledPlugins::open(&data).unwrap());
        fs::set_permissions(data.join("plugins"), fs::Permissions::from_mode(0o770)).unwrap();
        let error = CompiledPlugins::open(&data).err().unwrap().to_string();
        assert!(error.ends_with("can be written by others; delete it or use another `--data`"), "{error}");
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_key_of_somebody_else_is_refused() {
        use std::os::unix::fs::chown;
        let data = folder("foreign");
        drop(CompiledPlugins::open(&data).unwrap());
        let key = data.join("plugins").join(KEY_FILE);
        // Only root can give files away; everybody else is refused by the system when reading such a key.
        if chown(&key, Some(65_534), None).is_ok() {
            let error = CompiledPlugins::open(&data).err().unwrap().to_string();
            assert!(error.contains("belongs to user 65534"), "{error}");
        }
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let data = folder("open");
        drop(CompiledPlugins::open(&data).unwrap());
        let key = data.join("plugins").join(KEY_FILE);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(CompiledPlugins::open(&data).is_err());
        fs::remove_dir_all(data).unwrap();
    }
}
