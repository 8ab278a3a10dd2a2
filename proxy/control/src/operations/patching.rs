//! Which paths of an entity can be patched, and how others are refused.

use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

/// The paths that each operation takes, in the order in which messages have them.
pub(super) struct Paths {
    pub(super) add: &'static [&'static str],
    pub(super) replace: &'static [&'static str],
    pub(super) remove: &'static [&'static str],
}

impl Paths {
    /// Paths of an entity whose members can only be replaced.
    pub(super) const fn replace(replace: &'static [&'static str]) -> Self {
        Self { add: &[], replace, remove: &[] }
    }

    /// That every operation has one of these paths, before any of them is carried out.
    ///
    /// # Errors
    /// For the first that has not.
    pub(super) fn check_all(&self, operations: &[PatchOperation]) -> Result<(), Error> {
        operations.iter().try_for_each(|operation| self.check(operation))
    }

    /// # Errors
    /// When the path is none of those of the operation.
    pub(super) fn check(&self, operation: &PatchOperation) -> Result<(), Error> {
        if self.of(operation.op).contains(&operation.path()) { Ok(()) } else { Err(self.refuse(operation)) }
    }

    /// What an operation is answered whose path is not one of these.
    pub(super) fn refuse(&self, operation: &PatchOperation) -> Error {
        let (path, op) = (operation.path(), operation.op.as_str());
        let paths = self.of(operation.op);
        let instead = if paths.is_empty() {
            "Please choose supported operations".to_owned()
        } else {
            format!("Must be one of: [{}]", paths.join(", "))
        };
        // API Gateway has two blanks here, and clients compare.
        Error::bad_request(format!("Invalid patch path  '{path}' specified for op '{op}'. {instead}"))
    }

    fn of(&self, op: Op) -> &'static [&'static str] {
        match op {
            Op::Add => self.add,
            Op::Replace => self.replace,
            Op::Remove => self.remove,
            Op::Move | Op::Copy | Op::Test => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_be_patched_is_answered_with_those_that_can() {
        let paths = Paths { add: &[], replace: &["/name", "/value"], remove: &["/value"] };
        let message = |op, path: Option<&str>| {
            let operation = PatchOperation { op, path: path.map(str::to_owned), ..PatchOperation::default() };
            paths.check(&operation).map_err(|error| error.message.into_owned())
        };
        assert_eq!(message(Op::Replace, Some("/name")), Ok(()));
        for (op, path, expected) in [
            (Op::Add, Some("/name"), "'/name' specified for op 'add'. Please choose supported operations"),
            (Op::Test, Some("/name"), "'/name' specified for op 'test'. Please choose supported operations"),
            (Op::Remove, Some("/name"), "'/name' specified for op 'remove'. Must be one of: [/value]"),
            (Op::Replace, None, "'null' specified for op 'replace'. Must be one of: [/name, /value]"),
        ] {
            assert_eq!(message(op, path), Err(format!("Invalid patch path  {expected}")));
        }
    }

    #[test]
    fn paths_that_are_only_replaced_are_told() {
        let paths = Paths::replace(&["/a", "/b"]);
        let operation =
            |op, path: &str| PatchOperation { op, path: Some(path.into()), ..PatchOperation::default() };
        let both = [operation(Op::Replace, "/b"), operation(Op::Replace, "/x")];
        assert_eq!(paths.check(&both[0]), Ok(()));
        assert_eq!(
            paths.check_all(&both),
            Err(Error::bad_request(
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/a, /b]"
            ))
        );
        assert_eq!(
            paths.check(&operation(Op::Add, "/x")),
            Err(Error::bad_request(
                "Invalid patch path  '/x' specified for op 'add'. Please choose supported operations"
            ))
        );
    }
}
