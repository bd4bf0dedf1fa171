import { existsSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { isFileKind } from '../../functions/config/connections.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { type DiscoveredTable, sourceText, type TableReader } from '../../functions/pipeline/tables/ports.ts'
import { type ChosenConnection, freeName, identifierOf } from './connection.ts'
import { projectOf, type Session, withTables } from './session.ts'

/** A table that is copied, under the name of its stream. */
export interface ChosenTable {
  readonly stream: string
  readonly from: string
  readonly table: DiscoveredTable
}

// More are not asked about one by one.
const MOST_LISTED = 500

/** Settles the tables of the source, by their names or from a list. */
export async function settleTables(source: ChosenConnection, session: Session): Promise<readonly ChosenTable[]> {
  return await withTables(session, source.name, async (reader) => {
    const { tables = [], files = [] } = session.given()
    const names = [...tables, ...files]
    const found = names.length > 0 ? await namedTables(names, reader) : await askTables(source, reader, session)
    const chosen: ChosenTable[] = []
    for (const { from, table } of found) {
      const taken = chosen.map(({ stream }) => stream)
      chosen.push({ stream: freeName(streamOf(from) || 'rows', taken), from, table })
    }
    return chosen
  })
}

type Found = Pick<ChosenTable, 'from' | 'table'>

async function namedTables(names: readonly string[], reader: TableReader): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const name of names) {
    const table = await reader.describe(name)
    if (table === null) throw noTable(name, await listTables(reader), reader)
    found.push({ from: name, table })
  }
  return found
}

async function askTables({ kind }: ChosenConnection, reader: TableReader, session: Session): Promise<readonly Found[]> {
  const all = await listTables(reader)
  const flag = isFileKind(kind) ? 'files' : 'tables'
  if (all.length === 0 && flag === 'tables')
    throw new DaybreakError('CONFIG_MISSING', `${reader.name} has no table that its login may see; expected one`)
  const typed = 'another pattern'
  const picked = await session.ask.chooseMany({
    flag: `--${flag}`,
    message: flag === 'files' ? 'Files; each pattern is one table' : 'Tables',
    choices: [
      ...all.map((table) => ({ value: sourceText(table), label: sourceText(table), hint: sizeOf(table) })),
      ...(flag === 'files' ? [{ value: typed, label: 'Another pattern' }] : []),
    ],
  })
  const names = picked.filter((name) => name !== typed)
  if (picked.includes(typed))
    names.push(await session.ask.text({ flag: '--files', message: 'Pattern, such as prices/*.csv' }))
  if (names.length === 0) {
    session.ask.say('Choose one at least: the space bar marks it.')
    return await askTables({ name: '', kind }, reader, session)
  }
  await session.set(flag, names)
  return await namedTables(names, reader)
}

async function listTables(reader: TableReader): Promise<readonly DiscoveredTable[]> {
  const found: DiscoveredTable[] = []
  // A file that cannot be read is no choice.
  for await (const table of reader.discover(undefined, () => undefined)) {
    if (found.push(table) === MOST_LISTED) break
  }
  return found
}

function noTable(name: string, all: readonly DiscoveredTable[], reader: TableReader): DaybreakError {
  const names = all.map(sourceText)
  const some = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ')
  return new DaybreakError(
    'USAGE_INVALID',
    `${reader.name} has no table ${JSON.stringify(name)}; expected one of ${some || 'those that its login may see, which are none'}.${didYouMean(name, names)}`,
  )
}

function sizeOf({ estimatedRows, estimatedBytes, columns }: DiscoveredTable): string {
  const rows = estimatedRows === null ? [] : [`~${estimatedRows.toLocaleString('en-US')} rows`]
  const bytes = estimatedBytes === null ? [] : [`${(estimatedBytes / 1e6).toFixed(1)} MB`]
  return [`${columns.filter(({ isHidden }) => isHidden !== true).length} columns`, ...rows, ...bytes].join(', ')
}

/** `orders` of `public.Orders`, `prices` of `prices/*.csv`. */
export function streamOf(from: string): string {
  if (!/[/*]|\.(csv|tsv|txt|jsonl|ndjson|parquet)(\.gz)?$/.test(from))
    return identifierOf(from.split('.').at(-1) ?? from)
  const file = basename(from).replace(/\.gz$/, '')
  return identifierOf(basename(file, extname(file)).replaceAll('*', ' ')) || identifierOf(basename(dirname(from)))
}

/** The table at the destination as it is; null where there is none, or where it cannot be asked. */
export async function describeTarget(
  destination: ChosenConnection,
  place: { readonly pipeline: string; readonly stream: string; readonly into: string | null },
  session: Session,
): Promise<DiscoveredTable | null> {
  const { connections } = await projectOf(session)
  const config = connections[destination.name]
  if (config === undefined || isFileKind(config.kind)) return null
  if ('path' in config && !existsSync(config.path)) return null
  const into = place.into ?? place.stream
  const schema = config.kind === 'postgres' ? config.schema : config.kind === 'duckdb' ? place.pipeline : null
  const name = schema === null || into.includes('.') ? into : `${schema}.${into}`
  return await withTables(session, destination.name, (reader) => reader.describe(name))
}
