import { NOT_YET, unmadePlace, withTableReader } from '../../functions/compose/test-connection.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import type { DaybreakError } from '../../functions/errors.ts'
import { sourceText, type TableReader } from '../../functions/pipeline/tables/ports.ts'
import { withApi } from '../api.ts'
import { type Call, command, group } from '../command.ts'
import { createLog } from '../log.ts'

/** Exit code where a table could not be described; the others are listed. */
const UNREADABLE = 3

const NAME = { name: { type: 'positional', description: 'Name of a connection.' } } as const

const list = command({
  name: 'connection list',
  remote: 'served',
  description: 'List the connections of an environment, and the pipelines that use each.',
  async run(call) {
    const { connections } = await withApi(call, (api) => api('GET /api/connections'))
    await call.output.rows({
      columns: ['name', 'kind', 'place', 'source_of', 'destination_of'],
      rows: connections.map(({ name, kind, place, uses }) => ({
        ...{ name, kind, place },
        source_of: users(uses, 'source'),
        destination_of: users(uses, 'destination'),
      })),
      empty: 'There is no connection. Write config/connections.yaml.',
    })
  },
})

const test = command({
  name: 'connection test',
  description: 'Connect, and say version, encryption, answer time and rights. Changes nothing.',
  args: NAME,
  examples: ['daybreak connection test shop'],
  async run(call) {
    const place = unmadePlace(call.args.name, await projectOf(call))
    if (place !== null) return await call.output.record({ name: place, version: NOT_YET })
    await withReader(call, call.args.name, async (reader) => {
      const { name, version, isEncrypted, milliseconds, mayWrite } = await reader.test()
      await call.output.record({ name, version, encrypted: isEncrypted, milliseconds, may_write: mayWrite })
      if (mayWrite) await call.output.text('\nThe login may change tables. A source needs SELECT and no more.')
    })
  },
})

const discover = command({
  name: 'connection discover',
  description: 'List tables with their keys, or the columns of one: native types, and the types between systems.',
  args: {
    ...NAME,
    table: { type: 'string', valueHint: 'PATTERN', description: 'Tables of this name; `*` stands for any text.' },
    columns: { type: 'boolean', description: 'One row per column.' },
  },
  examples: ['daybreak connection discover shop', "daybreak connection discover shop --table 'public.o*' --columns"],
  async run(call) {
    const { name, table, columns } = call.args
    let isWhole = true
    await withReader(call, name, async (reader) => {
      const unread: string[] = []
      const skip = (one: string, { message }: DaybreakError) => unread.push(`${one}: ${message}`)
      const found = await Array.fromAsync(reader.discover(table, skip))
      if (columns)
        await call.output.rows({
          columns: ['table', 'column', 'native', 'type', 'required'],
          rows: found.flatMap(({ schema, name: own, columns: all }) =>
            all.map((column) => ({
              ...{
                table: sourceText({ schema, name: own }),
                column: column.name,
                native: column.native,
                type: column.type,
              },
              required: column.isRequired,
            })),
          ),
        })
      else
        await call.output.rows({
          columns: ['table', 'columns', 'key', 'rows', 'bytes'],
          rows: found.map(({ schema, name: own, columns: all, primaryKey, estimatedRows, estimatedBytes }) => ({
            ...{ table: sourceText({ schema, name: own }), columns: all.length, key: primaryKey.join(', ') },
            ...{ rows: estimatedRows, bytes: estimatedBytes },
          })),
          empty: 'No table is visible to this login.',
        })
      for (const one of unread) call.context.stderr.write(`Not read: ${one}\n`)
      isWhole = unread.length === 0
    })
    return isWhole ? 0 : UNREADABLE
  },
})

/** Places outside of Daybreak. */
export const connection = group({
  name: 'connection',
  description: 'Connections: list them, test one, and discover its tables.',
  commands: { list: async () => list, test: async () => test, discover: async () => discover },
})

async function projectOf({ options, context }: Pick<Call, 'options' | 'context'>): Promise<Project> {
  return await loadProject({ projectDir: options.projectDir, environment: options.environment, env: context.env })
}

function users(uses: readonly { readonly pipeline: string; readonly role: string }[], wanted: string): string {
  return uses.flatMap(({ pipeline, role }) => (role === wanted ? [pipeline] : [])).join(', ')
}

async function withReader(
  call: Pick<Call, 'options' | 'context'>,
  name: string,
  work: (reader: TableReader) => Promise<void>,
): Promise<void> {
  const { clock, stderr } = call.context
  const log = createLog(stderr, call.options, clock.now)
  await withTableReader(name, await projectOf(call), { clock, log }, work)
}
