import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'

const Table = z.string().min(1)
const Column = z.string().min(1)

/** A map of old keys to new ones, as a table. */
const KeyMap = yamlObject({
  table: Table.describe('Table with one row per key.'),
  old: Column.describe('Its column of the old key.'),
  new: Column.describe('Its column of the new key.'),
})

const Check = z.union([
  z.literal('same_rows').describe('Each row is in the new table with the same values.'),
  yamlObject({ same_totals: z.array(Column).min(1).describe('Columns with the same sum in both tables.') }),
  yamlObject({ enum_covered: Column.describe('Column whose values the new table has too.') }),
  yamlObject({
    foreign_keys: z.array(Column).min(1).describe('Columns whose values are rows of the table that they refer to.'),
  }),
])
/** A check of a migration. */
export type Check = z.infer<typeof Check>

const base = {
  version: z.literal(1).describe('Schema version. Must be 1.'),
  connection: Identifier.describe('Connection of config/connections.yaml, of the kind postgres or mysql.'),
  description: z.string().optional().describe('One sentence for people.'),
}

/** Copies a table into another one, and puts it in its place. */
const CopyTable = yamlObject({
  ...base,
  pattern: z.literal('copy_table').describe('Expand, copy, verify, swap: the old table stays.'),
  from: Table.describe('Table that is copied.'),
  to: yamlObject({
    table: Table.describe('New table. Where there is none, it is made like the old one.'),
    suffix_on_conflict: yamlObject({
      column: Column.describe('Text that must be unique.'),
      suffix: z.string().min(1).describe('Added to a value that the new table has already.'),
    })
      .optional()
      .describe('For a new table that has rows of its own.'),
  }).describe('Where it goes.'),
  remap: z
    .record(
      Column,
      yamlObject({
        via: Table.describe('Table of the map.'),
        old: Column.describe('Its column of the old value.'),
        new: Column.describe('Its column of the new value.'),
        missing: z
          .enum(['reject', 'keep', 'null'])
          .default('reject')
          .describe(
            'A value that the map lacks. `reject`: nothing is copied, and the message names some. `keep`: it stays. `null`: no value.',
          ),
      }),
    )
    .default({})
    .describe('Columns whose values become others.'),
  batch: z.int().min(1).max(1_000_000).default(10_000).describe('Rows of one transaction.'),
  verify: z.array(Check).default(['same_rows']).describe('Checks before the swap.'),
  swap: z.enum(['rename', 'none']).default('rename').describe('`rename`: the new table gets the name of the old one.'),
})
/** A `copy_table` migration. */
export type CopyTable = z.infer<typeof CopyTable>

/** Adds values to an enumeration. */
const AddEnumValues = yamlObject({
  ...base,
  pattern: z.literal('add_enum_values').describe('Adds values to an enumeration.'),
  type: Table.optional().describe('Type of PostgreSQL.'),
  column: z
    .string()
    .regex(/^.+\..+$/, 'expected `table.column`')
    .optional()
    .describe('`table.column` of MySQL.'),
  values: z.array(z.string().min(1)).min(1).describe('Values, in their order, after those that are there.'),
})
/** An `add_enum_values` migration. */
export type AddEnumValues = z.infer<typeof AddEnumValues>

/** Gives the rows of a table other keys. */
const RemapKeys = yamlObject({
  ...base,
  pattern: z.literal('remap_keys').describe('Gives rows other keys, and those that refer to them.'),
  table: Table.describe('Table whose key changes.'),
  key: Column.describe('Its key.'),
  via: KeyMap.describe('The map: total and one-to-one, which is proved first.'),
  references: z
    .array(
      yamlObject({
        table: Table.describe('Table that refers to it; the same one for a self-reference.'),
        column: Column.describe('Its column.'),
      }),
    )
    .default([])
    .describe('Columns that hold the key, besides those of foreign keys, which are found.'),
  verify: z.array(Check).default([]).describe('Further checks, in the same transaction.'),
})
/** A `remap_keys` migration. */
export type RemapKeys = z.infer<typeof RemapKeys>

/** The file plan.yaml of a migration. */
export const MigrationPlan = z.discriminatedUnion('pattern', [CopyTable, AddEnumValues, RemapKeys])
/** The file plan.yaml of a migration. */
export type MigrationPlan = z.infer<typeof MigrationPlan>

/** A migration: its folder's name, its plan, and the statements that a person wrote for its undoing. */
export interface Migration {
  readonly name: string
  readonly plan: MigrationPlan
  /** Hash of the plan's file. */
  readonly hash: string
  readonly undoSql: string
}
