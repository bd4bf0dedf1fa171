import { textOf } from '../../cli/commands/contract-export.ts'
import { loadProject } from '../../functions/config/project.ts'
import type { ContractSet } from '../../functions/contract/formats/format.ts'
import { GREAT_EXPECTATIONS } from '../../functions/contract/formats/great-expectations/project.ts'
import { JSON_SCHEMA } from '../../functions/contract/formats/json-schema.ts'
import { foreignKeysOf, inReferenceOrder } from '../../functions/contract/references.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import { ddlScript } from '../../functions/sql/ddl.ts'
import { DDL_DIALECTS } from '../../functions/sql/dialects/all.ts'

const FOLDER = 'docs/reference/contracts'
/** Suites for BigQuery, where the tables of a deployment are. */
const SUITES = /^bigquery\/(?:gx\/expectations\/.*_table\.json|not-expressed\.md)$/

/** docs/reference/contracts: the shipped contracts as DDL, JSON Schema and suites, path to text. */
export async function contractFiles(root: string): Promise<readonly (readonly [path: string, text: string])[]> {
  const project = await loadProject({ projectDir: root, environment: 'local', env: {} })
  return [...project.pipelines.values()].flatMap(({ pipeline, checks }) => {
    const streams = project.contracts.get(pipeline) ?? new Map()
    const contracts = inReferenceOrder([...streams.values()]) ?? [...streams.values()]
    const set: ContractSet = { pipeline, contracts, streams, checks, exposures: [] }
    const folder = `${FOLDER}/${pipeline}`
    const suites = GREAT_EXPECTATIONS.export(set).filter(({ path }) => SUITES.test(path))
    return [
      ...Object.values(DDL_DIALECTS).map(
        (dialect) => [`${folder}/ddl/${dialect.name}.sql`, ddl(dialect, set)] as const,
      ),
      ...JSON_SCHEMA.export(set).map((file) => [`${folder}/json-schema/${file.path}`, textOf(file)] as const),
      ...suites.map((file) => [`${folder}/great-expectations/${file.path.split('/').at(-1)}`, textOf(file)] as const),
    ]
  })
}

function ddl(
  dialect: (typeof DDL_DIALECTS)[keyof typeof DDL_DIALECTS],
  { pipeline, contracts, streams }: ContractSet,
): string {
  const place = { catalog: null, schema: pipeline }
  const relations = contracts.map((contract) => ({
    ...relationOf(contract, place),
    foreignKeys: foreignKeysOf(contract, place, streams),
  }))
  return ddlScript({ dialect, relations, drop: false })
}
