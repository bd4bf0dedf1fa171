import { createHash } from 'node:crypto'
import { join } from 'node:path/posix'
import { DaybreakError } from '../../errors.ts'
import type { Instant, SourceFile } from '../../pipeline/entities.ts'
import type { Clock, Source, SourceConnector } from '../../pipeline/ports.ts'

/** How the rows of a file are written. */
export type FileFormat = 'csv' | 'jsonl' | 'parquet'

/** Files that are one table. */
export interface FileTable {
  readonly files: readonly SourceFile[]
  readonly format: FileFormat
}

/** A source of files, and where its tables are below. */
export interface FilePlace {
  readonly connector: SourceConnector
  /** Folder that patterns are relative to. */
  readonly root: string
  /** Milliseconds that a file has not changed before it is read. */
  readonly minimumAge: Instant
  readonly clock: Clock
}

const FORMATS: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
}

/** The format that a name says; null for a file of no table. */
export function formatOf(name: string): FileFormat | null {
  const [, ending = ''] = /\.(\w+)(?:\.gz)?$/i.exec(name) ?? []
  const format = FORMATS[ending.toLowerCase()] ?? null
  return format === 'parquet' && name.toLowerCase().endsWith('.gz') ? null : format
}

/** A pattern of names, in which `*` stands for any text. */
export function matcher(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll(/[.+?^$(){}|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
}

/** Runs work on one connection. */
export async function withSource<Result>(
  { connector }: Pick<FilePlace, 'connector'>,
  work: (source: Source) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const source = await connector.connect(signal)
  try {
    return await work(source)
  } finally {
    await source.close()
  }
}

/**
 * The files that a pattern such as `prices/*.csv` names, by path; null where there are none. Waits for files that have just been
 * written. @throws {DaybreakError} CONFIG_INVALID, FILE_CHANGED.
 */
export async function selectFiles(place: FilePlace, source: Source, pattern: string): Promise<FileTable | null> {
  const { clock, minimumAge } = place
  const found = await filesOf(place, source, pattern)
  const wait = minimumAge - (clock.now() - Math.max(0, ...found.map(({ modifiedAt }) => modifiedAt)))
  if (found.length === 0 || minimumAge === 0 || wait <= 0) return tableOf(found, pattern)
  await clock.sleep(Math.min(wait, minimumAge))
  const again = await filesOf(place, source, pattern)
  if (fingerprintOf(again) === fingerprintOf(found)) return tableOf(again, pattern)
  throw new DaybreakError('FILE_CHANGED', `the files ${pattern} of ${place.connector.name} are still being written`)
}

async function filesOf({ root }: FilePlace, source: Source, pattern: string): Promise<readonly SourceFile[]> {
  const steps = pattern.split('/').filter((step) => step !== '' && step !== '.')
  if (steps.length === 0 || steps.some((step) => step === '..' || step.includes('**')))
    throw new DaybreakError(
      'CONFIG_INVALID',
      `\`from: ${pattern}\` names no files; expected a path below the root, in which \`*\` stands for any text of one name`,
    )
  const name = steps.at(-1) ?? ''
  let folders = [root]
  for (const step of steps.slice(0, -1)) {
    const next = folders.map(async (folder) => {
      if (!step.includes('*')) return [join(folder, step)]
      const names = (await source.listFolders(folder)) ?? []
      return names.filter((one) => matcher(step).test(one)).map((one) => join(folder, one))
    })
    folders = (await Promise.all(next)).flat()
  }
  const listed = await Promise.all(
    folders.map(async (folder) => (await source.listFiles(folder, name.includes('*') ? [] : [name]))?.files ?? []),
  )
  const files = listed.flat().filter((file) => matcher(name).test(file.name) && !file.name.startsWith('.'))
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function tableOf(files: readonly SourceFile[], pattern: string): FileTable | null {
  const [first] = files
  if (first === undefined) return null
  const formats = [...new Set(files.map(({ name }) => formatOf(name)))]
  const [format] = formats
  if (format != null && formats.length === 1) return { files, format }
  const other = files.find(({ name }) => formatOf(name) === null || formatOf(name) !== formatOf(first.name)) ?? first
  throw new DaybreakError(
    'CONFIG_INVALID',
    `\`from: ${pattern}\` names ${other.name}; expected files of one format: .csv, .tsv, .jsonl or .ndjson, each with or without .gz, or .parquet`,
  )
}

/** A short hash of the paths, sizes and times of files. */
export function fingerprintOf(files: readonly SourceFile[]): string {
  const facts = files.map(({ path, bytes, modifiedAt }) => [path, bytes, modifiedAt])
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
}

/** Folders below the root with the files of tables in them, as patterns: `prices/*.csv`, or the path of a file that is alone. */
export async function findPatterns({ root }: FilePlace, source: Source): Promise<readonly string[]> {
  const patterns: string[] = []
  let folders = ['']
  for (let depth = 0; depth < DEEPEST && folders.length > 0; depth++) {
    const next: string[] = []
    for (const folder of folders.slice(0, MOST_FOLDERS)) {
      const files = (await source.listFiles(join(root, folder)))?.files ?? []
      const named = files.filter(({ name }) => formatOf(name) !== null && !name.startsWith('.'))
      const byEnding = Map.groupBy(named, ({ name }) => /\.\w+(\.gz)?$/i.exec(name)?.[0] ?? '')
      for (const [ending, group] of byEnding)
        patterns.push(join(folder, group.length === 1 ? (group[0]?.name ?? '') : `*${ending}`))
      next.push(...((await source.listFolders(join(root, folder))) ?? []).map((name) => join(folder, name)))
    }
    folders = next.filter((folder) => !/(^|\/)[._]/.test(folder))
  }
  return patterns.toSorted()
}

const DEEPEST = 6
const MOST_FOLDERS = 1_000
