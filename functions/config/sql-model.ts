import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'

/** A file of config/sql: a table of a PostgreSQL connection that a query in its own dialect becomes. */
export const SqlModelConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  model: Identifier.describe('Name of the model and of both of its files.'),
  kind: z.literal('sql').describe('A query in the dialect of its connection.'),
  description: z.string().min(1).describe('Meaning of one row; becomes the comment of the table.'),
  connection: Identifier.describe('Connection of the kind postgres.'),
  into: z
    .string()
    .regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/, 'expected a name such as `marts.order_days`')
    .optional()
    .describe('The table. Default: the name of the model, in the schema of the connection.'),
  key: z.array(Identifier).default([]).describe('Columns that identify a row: the primary key of the table.'),
  checks: z
    .array(
      yamlObject({
        name: Identifier.describe('Identifies the check in messages.'),
        that: z.string().min(1).describe('A condition in SQL that is true of every row.'),
      }),
    )
    .default([])
    .describe('Checks of the new rows, before they replace those of the table.'),
})
/** A file of config/sql. */
export type SqlModelConfig = z.infer<typeof SqlModelConfig>
