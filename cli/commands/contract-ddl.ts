import { foreignKeysOf, inReferenceOrder } from '../../functions/contract/references.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { ddlScript } from '../../functions/sql/ddl.ts'
import { DDL_DIALECT_NAMES, DDL_DIALECTS } from '../../functions/sql/dialects/all.ts'
import { command } from '../command.ts'
import { CONTRACTS_ARGS, findContracts } from './contract-find.ts'

/** Tables of contracts as statements. */
export const ddl = command({
  name: 'contract ddl',
  description: 'Print the statements that make the tables of contracts, with keys, conditions, indexes and comments.',
  args: {
    ...CONTRACTS_ARGS,
    dialect: { type: 'enum', options: [...DDL_DIALECT_NAMES], default: 'duckdb', description: 'Whose SQL.' },
    schema: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Schema or dataset of the tables. Default: the name of the pipeline, toast for a file.',
    },
    catalog: {
      type: 'string',
      valueHint: 'NAME',
      description: 'First of three levels of a name: project, database or catalog. Default: none.',
    },
    drop: { type: 'boolean', description: 'Drop the tables first.' },
  },
  examples: [
    'daybreak contract ddl order_details',
    'daybreak contract ddl --dialect postgres --drop',
    'daybreak contract ddl --dialect databricks --catalog main',
  ],
  async run(call) {
    const { args, output } = call
    const dialect = DDL_DIALECTS[args.dialect]
    if (args.catalog !== undefined && dialect.catalog === null)
      throw new DaybreakError(
        'USAGE_INVALID',
        `--catalog is "${args.catalog}", and names of ${args.dialect} have two levels; leave it out`,
      )
    const { pipeline, contracts, streams } = await findContracts(call, args)
    const place = { catalog: args.catalog ?? null, schema: args.schema ?? pipeline }
    const ordered = inReferenceOrder(contracts) ?? contracts
    const relations = ordered.map((contract) => ({
      ...relationOf(contract, place),
      foreignKeys: foreignKeysOf(contract, place, streams),
    }))
    return output.raw(ddlScript({ dialect, relations, drop: args.drop }))
  },
})
