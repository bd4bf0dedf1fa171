import { isFileKind } from '../../functions/config/connections.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import type { DiscoveredTable, SourceColumn } from '../../functions/pipeline/tables/ports.ts'
import type { Choice } from './asker.ts'
import type { ChosenConnection } from './connection.ts'
import { type Flag, valuesFor } from './flags.ts'
import { columnOf, type Sides, settleMapping } from './mapping.ts'
import type { StreamAnswers } from './render.ts'
import { type Session, withTables } from './session.ts'
import type { ChosenTable } from './tables.ts'

const MODES = ['full', 'incremental', 'snapshot', 'append'] as const
const STRATEGIES = ['overwrite', 'merge', 'skip', 'fail'] as const

/** Settles one table: how it is read, by which key and cursor, and how it is written. */
export async function settleStream(chosen: ChosenTable, sides: Sides, session: Session): Promise<StreamAnswers> {
  const { stream, from, table } = chosen
  const into = valuesFor(stream, session.given().into)[0] ?? null
  const mapping = await settleMapping(chosen, into, sides, session)
  const mode = await settleMode(chosen, sides, session)
  const cursor = await settleCursor(chosen, mode, sides, session)
  const onConflict = await settleStrategy(chosen, mode, sides, session)
  const isKeyed = mode === 'incremental' || (onConflict !== null && onConflict !== 'replace' && mode === 'full')
  const key = await settleKey(stream, table, isKeyed, session)
  return { stream, from, into, key, mode, cursor, onConflict, ...mapping }
}

/** Keeps an answer of one table: for all where there is one. */
async function setFor(
  flag: 'mode' | 'cursor' | 'key' | 'on-conflict',
  stream: string,
  values: readonly string[],
  session: Session,
) {
  await session.set(flag, [...(session.given()[flag] ?? []), ...values.map((value) => `${stream}=${value}`)])
}

async function settleMode({ stream, table }: ChosenTable, { source, destination }: Sides, session: Session) {
  const given = oneOf('mode', stream, MODES, session)
  if (given !== null) return given
  const isFiles = isFileKind(source.kind)
  const best = cursorsOf(table, source)[0]
  const choices: Choice<(typeof MODES)[number]>[] = [
    { value: 'full', label: 'All rows each time', hint: 'full: the table becomes what is read' },
    ...(best === undefined || isFileKind(destination.kind)
      ? []
      : [
          {
            value: 'incremental' as const,
            label: isFiles ? 'New and changed files' : 'Rows that changed since the last run',
            hint: 'incremental: by a cursor such as updated_at',
          },
        ]),
    { value: 'snapshot', label: 'All rows each time, and keep earlier ones', hint: 'snapshot' },
    ...(best === undefined
      ? []
      : [{ value: 'append' as const, label: 'New rows, which never change', hint: 'append' }]),
  ]
  const mode = await session.ask.choose({
    flag: '--mode MODE',
    message: `${stream}: which rows a run reads`,
    choices,
    otherwise: 'full',
  })
  if (session.ask.isInteractive) await setFor('mode', stream, [mode], session)
  return mode
}

function oneOf<Word extends string>(
  flag: 'mode' | 'on-conflict',
  stream: string,
  words: readonly Word[],
  { given }: Session,
): Word | null {
  const [text] = valuesFor(stream, given()[flag])
  if (text === undefined) return null
  const word = words.find((each) => each === text)
  if (word !== undefined) return word
  throw new DaybreakError(
    'USAGE_INVALID',
    `--${flag} is "${text}"; expected one of ${words.join(', ')}.${didYouMean(text, words)}`,
  )
}

const GROWING: Readonly<Record<string, number>> = { timestamp: 0, datetime: 1, int64: 2, date: 3 }

/** Columns that may grow with each change: those that an index begins with first, then times, then names that say it. */
export function cursorsOf(table: DiscoveredTable, { kind }: Pick<ChosenConnection, 'kind'>): readonly SourceColumn[] {
  if (isFileKind(kind)) return table.columns.filter(({ name }) => name === '_modified_at')
  const rank = ({ name, type }: SourceColumn) => [
    table.indexed.includes(name) && type !== 'int64' ? 0 : 1,
    GROWING[type] ?? 9,
    /updat|modif|chang/i.test(name) ? 0 : /creat|insert/i.test(name) ? 2 : 1,
  ]
  return table.columns
    .filter(({ type, isHidden }) => type in GROWING && isHidden !== true)
    .toSorted((a, b) => rank(a).reduce((order, value, at) => order || value - (rank(b)[at] ?? 0), 0))
}

async function settleCursor(
  { stream, from, table }: ChosenTable,
  mode: string,
  { source }: Sides,
  session: Session,
): Promise<StreamAnswers['cursor']> {
  if (mode !== 'incremental' && mode !== 'append') return null
  const all = cursorsOf(table, source)
  const [named] = valuesFor(stream, session.given().cursor)
  const only = isFileKind(source.kind) ? all[0]?.name : undefined
  const column =
    named === undefined
      ? (only ?? (await askCursor(stream, table, all, session)))
      : columnOf(table, named, '--cursor').name
  if (isFileKind(source.kind)) return { column, nulls: null }
  const bounds = await withTables(session, source.name, async (reader) =>
    reader.bounds({ table: (await reader.describe(from)) ?? table, where: null }, { column, lag: 0 }),
  )
  if (bounds.nulls === 0n) return { column, nulls: null }
  const nulls =
    session.given()['cursor-nulls'] ??
    (await session.ask.choose({
      flag: '--cursor-nulls include|reject',
      message: `${stream}: ${bounds.nulls} of ${bounds.rows} rows have no ${column}`,
      choices: [
        { value: 'include', label: 'Read them with every run' },
        { value: 'reject', label: 'Leave them out' },
      ],
    }))
  if (nulls === 'include' || nulls === 'reject') await session.set('cursor-nulls', nulls)
  return { column, nulls }
}

async function askCursor(
  stream: string,
  table: DiscoveredTable,
  all: readonly SourceColumn[],
  session: Session,
): Promise<string> {
  const column = await session.ask.choose({
    flag: `--cursor ${stream}=COLUMN`,
    message: `${stream}: column that grows with each change`,
    choices: all.map(({ name, native, isRequired }) => ({
      value: name,
      label: name,
      hint: [
        native ?? '',
        ...(table.indexed.includes(name) ? ['indexed'] : []),
        ...(isRequired ? ['never null'] : []),
      ].join(', '),
    })),
  })
  await setFor('cursor', stream, [column], session)
  return column
}

async function settleStrategy(
  { stream }: ChosenTable,
  mode: string,
  { destination }: Sides,
  session: Session,
): Promise<string | null> {
  if (mode === 'snapshot' || mode === 'append') return null
  const own = mode === 'full' ? (['replace', ...STRATEGIES] as const) : STRATEGIES
  const given = oneOf('on-conflict', stream, own, session)
  if (given !== null) return given
  if (isFileKind(destination.kind)) return null
  const strategy = await session.ask.choose({
    flag: '--on-conflict STRATEGY',
    message: `${stream}: a row whose key is there already`,
    choices: own.map((value) => ({ value, label: STRATEGY_LABELS[value] })),
    otherwise: own[0] ?? 'overwrite',
  })
  if (session.ask.isInteractive) await setFor('on-conflict', stream, [strategy], session)
  return strategy
}

const STRATEGY_LABELS = {
  replace: 'replace: the table becomes what is read',
  overwrite: 'overwrite: all columns become those of the source',
  merge: 'merge: the same, unless the source has NULL',
  skip: 'skip: the row that is there stays',
  fail: 'fail: nothing of the run is written',
} as const

/** The key: as given, else the primary key, else a unique index, else by a question where one is needed. */
async function settleKey(
  stream: string,
  table: DiscoveredTable,
  isNeeded: boolean,
  session: Session,
): Promise<readonly string[]> {
  const given = valuesFor(stream, session.given().key)
  if (given.length > 0) return given.map((name) => columnOf(table, name, '--key').name)
  const known = table.primaryKey.length > 0 ? table.primaryKey : (table.uniqueKeys[0] ?? [])
  if (known.length > 0 || !isNeeded) return known
  const visible = table.columns.filter(({ isHidden }) => isHidden !== true)
  const key = await session.ask.chooseMany({
    flag: `--key ${stream}=COLUMN`,
    message: `${stream}: columns that identify a row`,
    choices: visible.map(({ name, native }) => ({ value: name, label: name, hint: native ?? '' })),
  })
  if (key.length === 0) return await settleKey(stream, table, isNeeded, session)
  await setFor('key', stream, key, session)
  return key
}

/** Flags that are answers about tables. */
export const STREAM_FLAGS: readonly Flag[] = [
  'into',
  'map',
  'ignore',
  'convert',
  'create',
  'mode',
  'cursor',
  'cursor-nulls',
  'key',
  'on-conflict',
]
