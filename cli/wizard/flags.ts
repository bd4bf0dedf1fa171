import type { Args, Values } from '../args.ts'

const CREATES = ['table', 'columns', 'never'] as const
const NULLS = ['include', 'reject'] as const
const WRITES = ['new', 'replace', 'add'] as const
const STREAM_VALUE = 'for all tables, or STREAM=VALUE for one'

/** Flags of the questions of the wizard: each question has one, and each answer is kept as one. */
export const WIZARD_ARGS = {
  source: {
    type: 'string',
    valueHint: 'NAME|KIND|URL',
    description: 'Connection to read: a name, a kind such as postgres, or a URL without a password.',
  },
  'source-name': { type: 'string', valueHint: 'NAME', description: 'Name of a new source in connections.yaml.' },
  'source-set': {
    type: 'string',
    many: true,
    valueHint: 'MEMBER=VALUE',
    description: 'Member of a new source: host=db.shop.internal, password=secret://shop_pg.',
  },
  tables: { type: 'string', many: true, valueHint: 'TABLE', description: 'Tables to copy, as the source names them.' },
  files: { type: 'string', many: true, valueHint: 'PATTERN', description: 'Files to copy: prices/*.csv is one table.' },
  destination: { type: 'string', valueHint: 'NAME|KIND|URL', description: 'Connection to write, as with --source.' },
  'destination-name': { type: 'string', valueHint: 'NAME', description: 'Name of a new destination.' },
  'destination-set': { type: 'string', many: true, valueHint: 'MEMBER=VALUE', description: 'Member of it.' },
  pipeline: {
    type: 'string',
    valueHint: 'NAME',
    description: 'Name of the pipeline; SOURCE_to_DESTINATION if absent.',
  },
  into: { type: 'string', many: true, valueHint: 'STREAM=TABLE', description: 'Table at the destination.' },
  map: {
    type: 'string',
    many: true,
    valueHint: 'STREAM.COLUMN=FROM',
    description: 'Column at the destination, and the one of the source that it is.',
  },
  ignore: { type: 'string', many: true, valueHint: 'STREAM.COLUMN', description: 'Column of the source to leave out.' },
  convert: {
    type: 'string',
    many: true,
    valueHint: 'STREAM.COLUMN=TYPE',
    description: 'Type of a column: int64, date, or numeric:12:2 with digits in all and after the point.',
  },
  create: {
    type: 'enum',
    options: [...CREATES],
    description: 'What may be made at the destination: the table; columns that it lacks too; or nothing.',
  },
  mode: {
    type: 'string',
    many: true,
    valueHint: 'MODE',
    description: `full, incremental, snapshot or append ${STREAM_VALUE}.`,
  },
  cursor: {
    type: 'string',
    many: true,
    valueHint: 'COLUMN',
    description: `Column that grows with each change, ${STREAM_VALUE}.`,
  },
  'cursor-nulls': {
    type: 'enum',
    options: [...NULLS],
    description: 'Rows without a cursor: read by every window, or left out.',
  },
  key: {
    type: 'string',
    many: true,
    valueHint: 'COLUMN',
    description: `Columns that identify a row, ${STREAM_VALUE}.`,
  },
  'on-conflict': {
    type: 'string',
    many: true,
    valueHint: 'STRATEGY',
    description: `fail, skip, overwrite, merge or replace ${STREAM_VALUE}.`,
  },
  every: { type: 'string', valueHint: 'DURATION', description: 'How often a run begins: 15m, 1d.' },
  workers: { type: 'string', valueHint: 'N', description: 'Shards that are read at a time.' },
  'batch-rows': { type: 'string', valueHint: 'N', description: 'Rows of a shard, about.' },
  preview: { type: 'string', valueHint: 'N', description: 'First rows of each table that are tried; 0 for none.' },
  write: {
    type: 'enum',
    options: [...WRITES],
    description: 'A pipeline of that name that is there: take another name, replace it, or add tables to it.',
  },
  run: { type: 'boolean', description: 'Run the pipeline after it is written.' },
  'no-run': { type: 'boolean', description: 'Write the files alone.' },
  continue: { type: 'boolean', description: 'Begin with the answers of the wizard that was left.' },
} as const satisfies Args

/** Answers of the wizard as the flags that give them. */
export type Given = Values<typeof WIZARD_ARGS>
/** Name of a flag of the wizard. */
export type Flag = keyof Given

const FLAGS = Object.keys(WIZARD_ARGS)

/** The flags of the wizard among other members. */
export function givenOf(values: Readonly<Record<string, unknown>>): Partial<Given> {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => FLAGS.includes(name) && isGiven(value)))
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}

const MINUTES: readonly string[] = ['continue', 'run', 'no-run', 'preview']

/** The command line that gives the same files without a question. */
export function commandOf(given: Partial<Given>): string {
  const inOrder = Object.entries(given).toSorted(([a], [b]) => FLAGS.indexOf(a) - FLAGS.indexOf(b))
  const flags = inOrder.flatMap(([name, value]) => {
    if (MINUTES.includes(name) || !isGiven(value)) return []
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
    return texts.map((text) => `--${name} ${quoted(String(text))}`)
  })
  return ['daybreak init', ...flags, '--no-input'].join(' ')
}

/** A word of a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The values that a list of `VALUE` and `STREAM=VALUE` has for a stream: its own, else those for all. */
export function valuesFor(stream: string, list: readonly string[] = []): readonly string[] {
  const own = list.filter((each) => each.startsWith(`${stream}=`)).map((each) => each.slice(stream.length + 1))
  return own.length > 0 ? own : list.filter((each) => !/^[a-z_][a-z0-9_]*=/.test(each))
}

/** Pairs of `STREAM.COLUMN=VALUE`, or of `COLUMN=VALUE` where there is one stream, for a stream. */
export function pairsFor(
  { stream, isOnly }: { readonly stream: string; readonly isOnly: boolean },
  list: readonly string[] = [],
): readonly (readonly [string, string])[] {
  return list.flatMap((each) => {
    const own = each.startsWith(`${stream}.`) ? each.slice(stream.length + 1) : isOnly ? each : null
    if (own === null) return []
    const at = own.indexOf('=')
    return [at < 0 ? [own, ''] : [own.slice(0, at), own.slice(at + 1)]]
  })
}
