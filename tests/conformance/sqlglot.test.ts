import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foreignKeysOf } from '../../functions/contract/references.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import { ddlScript } from '../../functions/sql/ddl.ts'
import { DDL_DIALECTS } from '../../functions/sql/dialects/all.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { OLIST, TOAST } from '../support/contract-sets.ts'
import { ORDERS } from '../support/relations.ts'

// Prints the kind of each statement; `Command` is one that the parser does not know.
const PARSE = `import sys, sqlglot
text = open(sys.argv[1], encoding="utf-8").read()
for statement in sqlglot.parse(text, read=sys.argv[2], error_level=sqlglot.ErrorLevel.RAISE):
    if statement is not None:
        print(type(statement).__name__, statement.sql(dialect=sys.argv[2])[:200].replace("\\n", " "))
`

const judge = await findJudge('sqlglot')

describe.skipIf(judge.without !== null)(`statements that no system ran, judged by sqlglot${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-sqlglot-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function parse(sql: string, dialect: string): Promise<readonly string[]> {
    const file = join(folder, 'script.sql')
    await writeFile(file, sql)
    const { code, stdout, stderr } = await judge.run('python', ['-c', PARSE, file, dialect])
    if (code !== 0) throw new Error(stderr)
    return stdout.trim().split('\n')
  }

  const relations = [TOAST, OLIST].flatMap((set) => {
    const place = { catalog: 'main', schema: set.pipeline }
    return set.contracts.map((contract) => ({
      ...relationOf(contract, place),
      foreignKeys: foreignKeysOf(contract, place, set.streams),
    }))
  })

  it.each(['snowflake', 'databricks'] as const)('make the tables of %s', async (name) => {
    const dialect = DDL_DIALECTS[name]
    const kinds = await parse(ddlScript({ dialect, relations, drop: true }), name)
    expect(kinds.filter((kind) => kind.startsWith('Command'))).toEqual([])
    expect(kinds.filter((kind) => kind.startsWith('Create')).length).toBe(relations.length + 1)
    expect(kinds.filter((kind) => kind.startsWith('Drop')).length).toBe(relations.length)
  })

  it.each(['snowflake', 'databricks'] as const)('change a table of %s', async (name) => {
    const columns = ORDERS.columns.flatMap((column) => {
      if (column.name === 'note') return []
      return column.name === 'items' ? [{ ...column, type: 'string' as const, rules: [], isRequired: true }] : [column]
    })
    const after = { ...ORDERS, columns, primaryKey: ['day'], description: 'Other.' }
    const statements = DDL_DIALECTS[name].alterTable({ before: ORDERS, after, renames: [] })
    const kinds = await parse(statements.join('\n'), name)
    expect(kinds.length).toBe(statements.filter((each) => !each.startsWith('--')).length)
  })

  it('would find a statement that is none', async () => {
    await expect(parse('CREATE TABLE a (b STRING, PRIMARY KEY b)) COMMENT;', 'databricks')).rejects.toThrow(
      /Expecting|Invalid|Required/,
    )
  })
})
