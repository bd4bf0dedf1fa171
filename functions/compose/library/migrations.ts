import { createHash } from 'node:crypto'
import { type Migration, MigrationPlan } from '../../config/migration-plan.ts'
import { DaybreakError } from '../../errors.ts'
import { applyMigration } from '../../migrations/migrate.ts'
import { type TableConnection, withConnection } from './open.ts'

export type { TableConnection } from './open.ts'

/** How far a migration is, and the rows that it copied. */
export interface Applied {
  readonly state: string
  readonly rows: number
}

interface Named {
  /** Name of the migration in its database; the same name goes on where it was, and is applied once. */
  readonly name: string
  readonly connection: TableConnection
}

/** A check before a swap, as `verify` of plan.yaml has it. */
export type MigrationCheck =
  | 'same_rows'
  | { readonly same_totals: readonly string[] }
  | { readonly enum_covered: string }
  | { readonly foreign_keys: readonly string[] }

/** A column whose values become others, as `remap` of plan.yaml has it. */
export interface Remap {
  readonly via: string
  readonly old: string
  readonly new: string
  readonly missing?: 'reject' | 'keep' | 'null'
}

/** A table that is copied and swapped. */
export interface MigrateTable extends Named {
  readonly from: string
  /** Made like `from` where there is none. */
  readonly to: string
  readonly remap?: Readonly<Record<string, Remap>>
  /** Rows of one transaction. Default: 10,000. */
  readonly batch?: number
  readonly verify?: readonly MigrationCheck[]
  /** Default: `rename`. */
  readonly swap?: 'rename' | 'none'
}

/** Copies a table, checks it, and puts it in the place of the old one. Goes on where it was cut. @throws {DaybreakError} MIGRATION_FAILED. */
export async function migrateTable({ to, ...rest }: MigrateTable): Promise<Applied> {
  return await apply(rest, { pattern: 'copy_table', ...rest, to: { table: to } })
}

/** Values that an enumeration gets. */
export interface AddEnumValues extends Named {
  /** Of PostgreSQL, e.g. `public.order_state`. */
  readonly type?: string
  /** Of MySQL, as `table.column`. */
  readonly column?: string
  readonly values: readonly string[]
}

/** Adds values to an enumeration; those that it has stay. @throws {DaybreakError} MIGRATION_FAILED. */
export async function addEnumValues(added: AddEnumValues): Promise<Applied> {
  return await apply(added, { pattern: 'add_enum_values', ...added })
}

/** A table whose rows go into one that has rows. */
export interface CopyWithSuffix extends Named {
  readonly from: string
  readonly to: string
  /** Text that must be unique. */
  readonly column: string
  /** Added where the other table has the value already. */
  readonly suffix: string
  readonly remap?: Readonly<Record<string, Remap>>
  readonly batch?: number
}

/** Copies rows into a table that has some, and puts a suffix to texts that are taken. @throws {DaybreakError} MIGRATION_FAILED. */
export async function copyWithSuffixHandling({ to, column, suffix, ...rest }: CopyWithSuffix): Promise<Applied> {
  const place = { table: to, suffix_on_conflict: { column, suffix } }
  return await apply(rest, { pattern: 'copy_table', ...rest, to: place, swap: 'none' })
}

async function apply({ name, connection }: Named, written: Readonly<Record<string, unknown>>): Promise<Applied> {
  const { name: _, connection: __, ...members } = written
  const parsed = MigrationPlan.safeParse({ version: 1, connection: 'library', ...members })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new DaybreakError(
      'CONFIG_INVALID',
      `the migration ${name} is not valid: ${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  const plan = parsed.data
  const hash = createHash('sha256').update(JSON.stringify(plan)).digest('hex')
  const migration: Migration = { name, plan, hash, undoSql: '' }
  return await withConnection(connection, async ({ database }) => {
    const { state, rows } = await applyMigration(database, migration)
    return { state, rows }
  })
}
