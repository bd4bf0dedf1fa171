import { inlineYaml as inline, plainYaml, spliceEntry } from '../../functions/config/splice-entry.ts'
import type { Members } from './address.ts'

/** Type that a column becomes. */
export interface Conversion {
  readonly type: string
  readonly precision?: number
  readonly scale?: number
}

/** Answers about one table. */
export interface StreamAnswers {
  readonly stream: string
  readonly from: string
  /** Null for a table of the name of the stream. */
  readonly into: string | null
  readonly key: readonly string[]
  readonly mode: string
  readonly cursor: { readonly column: string; readonly nulls: string | null } | null
  /** Null for what the mode does by itself. */
  readonly onConflict: string | null
  readonly columns: Readonly<Record<string, Partial<Conversion> & { readonly from?: string }>>
  readonly ignore: readonly string[]
  readonly create: 'table' | 'columns' | 'never'
}

/** Answers that a pipeline follows from. */
export interface Answers {
  readonly pipeline: string
  readonly source: string
  readonly destination: string
  /** Null for once a day. */
  readonly every: string | null
  readonly workers: number | null
  readonly batchRows: number | null
  readonly streams: readonly StreamAnswers[]
}

/** Pure: the file of a new pipeline. */
export function renderPipeline(answers: Answers): string {
  const { pipeline, source, destination, every, streams } = answers
  const defaults = defaultsOf(answers)
  return [
    '# yaml-language-server: $schema=../schema/pipeline.json',
    'version: 1',
    `pipeline: ${pipeline}`,
    `description: ${plainYaml(describe(answers))}`,
    `source: ${source}`,
    `destination: ${destination}`,
    ...(every === null ? [] : [`schedule: { every: ${every} }`]),
    ...(Object.keys(defaults).length === 0 ? [] : [`defaults: ${inline(defaults)}`]),
    'streams:',
    ...streams.map((stream) => indented(streamText(stream), '  ')),
    '',
  ].join('\n')
}

function describe({ streams, source, destination }: Answers): string {
  const names = streams.map(({ stream }) => stream)
  const some = names.length > 4 ? `${names.length} tables` : names.join(', ')
  return `Copies ${some} of ${source} to ${destination}.`
}

function defaultsOf({ workers, batchRows }: Answers) {
  return { ...(workers !== null && { workers }), ...(batchRows !== null && { batch: { rows: batchRows } }) }
}

/** Pure: a pipeline with more tables. Every byte that is there stays. A stream that is there is replaced. */
export function addStreams(text: string, { streams }: Pick<Answers, 'streams'>): string {
  return streams.reduce(
    (before, each) =>
      spliceEntry(before, ['streams', each.stream], (indent) => indented(streamText(each), indent).trimStart()),
    text,
  )
}

/** Pure: a file of connections with one more. Every byte that is there stays. Null is a file that does not exist. */
export function addConnection(text: string | null, name: string, members: Members): string {
  const before = text ?? '# yaml-language-server: $schema=./schema/connections.json\nversion: 1\nconnections:\n'
  return spliceEntry(before, ['connections', name], () => `${name}: ${inline(members)}`)
}

function streamText(answers: StreamAnswers): string {
  const { stream, from, into, key, mode, cursor, onConflict, columns, ignore, create } = answers
  const lines = [
    `from: ${inline(from)}`,
    ...(into === null ? [] : [`into: ${inline(into)}`]),
    ...(key.length === 0 ? [] : [`key: ${inline(key)}`]),
    ...(mode === 'full' ? [] : [`mode: ${mode}`]),
    ...(cursor === null
      ? []
      : [`cursor: ${inline({ column: cursor.column, ...(cursor.nulls !== null && { nulls: cursor.nulls }) })}`]),
    ...(onConflict === null ? [] : [`on_conflict: ${onConflict}`]),
    ...(create === 'table' ? [] : [`create: ${inline(create === 'never' ? { table: false } : { columns: 'add' })}`]),
    ...(ignore.length === 0 ? [] : [`ignore: ${inline(ignore)}`]),
    ...(Object.keys(columns).length === 0
      ? []
      : ['columns:', ...Object.entries(columns).map(([name, column]) => `  ${inline(name)}: ${inline(column)}`)]),
  ]
  return [`${stream}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function indented(text: string, indent: string): string {
  return text
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join('\n')
}
