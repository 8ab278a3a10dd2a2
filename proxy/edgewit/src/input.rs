//! Files that the command line names to be read; `-` stands for standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// What stands for standard input, and output.
pub(crate) const STANDARD: &str = "-";

/// How messages call a file.
pub(crate) fn name(file: &Path) -> String {
    if file.as_os_str() == STANDARD { "standard input".to_owned() } else { file.display().to_string() }
}

/// Opens a file.
pub(crate) fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(match file.as_os_str() == STANDARD {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(file)?)),
    })
}

/// All bytes of a file.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(file)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
