//! The few kinds of column that Sereno's tables are made of, and the tables' common parts.

use sea_orm_migration::prelude::*;

/// The primary key: a UUID made by the application.
pub fn id() -> ColumnDef {
    let mut column = uuid("id");
    column.primary_key();
    column
}

/// A UUID.
pub fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

/// A UUID or nothing.
pub fn uuid_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().null().take()
}

/// Text.
pub fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// Text or nothing.
pub fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

/// A moment (UTC microseconds), a count or a number of seconds.
pub fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// A moment that has not come, or a number that is not known.
pub fn big_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

/// Yes or no.
pub fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// A JSON document.
pub fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().not_null().take()
}

/// A table of these columns.
pub fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table
}

/// A reference whose rows go when their owner goes.
pub fn owned_by(from: &'static str, column: &'static str, owner: &'static str) -> ForeignKeyCreateStatement {
    reference(from, column, owner, ForeignKeyAction::Cascade)
}

/// A reference that becomes empty when its target goes.
pub fn mentions(from: &'static str, column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    reference(from, column, target, ForeignKeyAction::SetNull)
}

fn reference(
    from: &'static str,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{from}_{column}_fkey"))
        .from(from, column)
        .to(to, "id")
        .on_delete(on_delete)
        .take()
}

/// An index over columns, named `<table>_<name>`.
pub fn index(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{name}")).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// A unique index over columns, named `<table>_<name>`.
pub fn unique(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, name, columns).unique().take()
}

/// Makes tables, then indices, in the order given.
pub async fn create(
    manager: &SchemaManager<'_>,
    tables: Vec<TableCreateStatement>,
    indices: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indices {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops tables in the order given.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
