import type { Insertable, Selectable } from 'kysely'
import type { Tables } from '../src/platform/database.ts'

/**
 * Whether what the source says of a column is what the migrated database has. The source may say less than the
 * database admits: one of three words where any text fits, no column that fills itself, no type at all for a table
 * that only SQL text names.
 */
export type ColumnVerdict<
  Table extends string,
  Column extends string,
  Value,
  IsNullable extends boolean,
  MayBeLeftOut extends boolean,
> = Table extends keyof Tables
  ? Column extends keyof Selectable<Tables[Table]>
    ? Compared<
        Selectable<Tables[Table]>[Column],
        Column extends keyof Insertable<Tables[Table]> ? Insertable<Tables[Table]>[Column] : never,
        Value,
        IsNullable,
        MayBeLeftOut
      >
    : MayBeLeftOut extends true
      ? 'agrees'
      : 'is not in the source'
  : 'agrees'

type Compared<Selected, Inserted, Value, IsNullable, MayBeLeftOut> = unknown extends Selected
  ? // JSON of any form, read by a schema.
    'agrees'
  : [NonNullable<Selected>] extends [Value]
    ? [null extends Selected ? true : false, IsNullable] extends [true, false]
      ? 'may be null in the source, and not in the database'
      : [null extends Selected ? true : false, IsNullable] extends [false, true]
        ? 'may be null in the database, and not in the source'
        : [undefined extends Inserted ? true : false, MayBeLeftOut] extends [true, false]
          ? 'may be left out in the source, and not in the database'
          : 'agrees'
    : 'has another type in the source'

/** The columns that only the source has. */
export type OnlyInSource<Table extends string, Columns extends string> = Table extends keyof Tables
  ? Exclude<keyof Tables[Table] & string, Columns>
  : never

/** The tables that only the source has. */
export type TablesOnlyInSource<Names extends string> = Exclude<keyof Tables, Names>
