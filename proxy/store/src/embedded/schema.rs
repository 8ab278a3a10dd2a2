//! What is in the file of a store, and how files of older versions are brought up to it.

use super::file::Failure;
use crate::{Position, StoreError};
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use std::path::Path;

/// The version of the schema that this code reads and writes.
pub(crate) const SCHEMA: u64 = 1;

/// Numbers about the store by their names, which are below.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Records by kind and name: the revision that wrote each, and its value.
pub(super) const RECORDS: TableDefinition<'_, (&str, &str), (u64, &[u8])> = TableDefinition::new("records");
/// Lines of the audit log by their sequence.
pub(super) const AUDIT: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("audit");

pub(super) const META_SCHEMA: &str = "schema";
pub(super) const META_REVISION: &str = "revision";
pub(super) const META_MARK: &str = "mark";
/// In the copy of a Redis: which state there it is a copy of.
pub(super) const META_SOURCE: &str = "source";

/// A step from one version of the schema to the next.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    /// The version that it starts from; it leads to the one after.
    pub(crate) from: u64,
    /// Changes the tables, within the transaction that also notes the new version.
    pub(crate) run: fn(&WriteTransaction) -> Result<(), redb::Error>,
}

/// All steps there are. Version 1 is the first. A later one adds its step here and raises [`SCHEMA`]; for example:
/// `Migration { from: 1, run: |transaction| { transaction.open_table(NEW)?; Ok(()) } }`.
pub(crate) const MIGRATIONS: &[Migration] = &[];

/// Makes the tables where there are none, and brings older ones up to [`SCHEMA`], in one transaction.
pub(super) fn prepare(
    transaction: &WriteTransaction,
    file: &Path,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let failed = |error: redb::Error| Failure::of(file, "cannot be prepared", error);
    let found = {
        let meta = transaction.open_table(META).map_err(|error| failed(error.into()))?;
        number(&meta, META_SCHEMA).map_err(failed)?
    };
    let place = || file.display().to_string();
    match found {
        None => {}
        Some(SCHEMA) => return Ok(()),
        Some(found) if found > SCHEMA => {
            return Err(StoreError::Newer { place: place(), found, known: SCHEMA });
        }
        Some(found) => {
            for from in found..SCHEMA {
                let step = migrations.iter().find(|step| step.from == from);
                let step = step.ok_or_else(|| StoreError::Older { place: place(), found, known: SCHEMA })?;
                (step.run)(transaction).map_err(failed)?;
            }
        }
    }
    note(transaction).map_err(failed)
}

fn note(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(RECORDS)?;
    transaction.open_table(AUDIT)?;
    transaction.open_table(META)?.insert(META_SCHEMA, SCHEMA)?;
    Ok(())
}

pub(super) fn number(
    meta: &impl ReadableTable<&'static str, u64>,
    name: &str,
) -> Result<Option<u64>, redb::Error> {
    Ok(meta.get(name)?.map(|number| number.value()))
}

pub(super) fn position(meta: &impl ReadableTable<&'static str, u64>) -> Result<Position, redb::Error> {
    Ok(Position {
        revision: number(meta, META_REVISION)?.unwrap_or(0),
        mark: number(meta, META_MARK)?.unwrap_or(0),
    })
}

pub(super) fn set_position(meta: &mut Table<'_, &str, u64>, at: Position) -> Result<(), redb::Error> {
    meta.insert(META_REVISION, at.revision)?;
    meta.insert(META_MARK, at.mark)?;
    Ok(())
}
