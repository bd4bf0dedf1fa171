import { DaybreakError } from '../../functions/errors.ts'
import type { Slice, SliceState } from '../../functions/pipeline/entities.ts'
import {
  type LedgerReads,
  type Listed,
  MOST_COUNTED,
  type SliceListFilter,
  type SlicePlace,
} from '../../functions/pipeline/people/reads.ts'
import { type Words, wordsOf } from '../../functions/pipeline/slice-words.ts'
import { withoutContract } from '../../functions/pipeline/steps/keep.ts'
import { keptFileRow, sliceRow } from '../../functions/pipeline/views/slices.ts'
import { releaseHeld } from '../../functions/pipeline/work/release-held.ts'
import { actorOf } from '../actor.ts'
import { toFileRow, toSliceRow } from '../answer-rows.ts'
import { askPipeline, eachPage, withApi } from '../api.ts'
import type { Row } from '../cell.ts'
import { type Call, command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { REASON_ARG } from '../reason.ts'
import { PIPELINE_ARG, SCOPE_ARGS, type Scoped, toScope } from '../scope.ts'
import { flagOf, inWords, placeColumns } from '../slice-words.ts'
import { readWindowName } from '../values.ts'
import { runNow } from './run.ts'

const list = command({
  name: 'slices list',
  remote: 'served',
  description: 'List slices: one stream of one shard for one window, and its state.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    ...LIMIT_ARG,
    state: {
      type: 'enum',
      options: ['expected', 'seen', 'landed', 'held', 'staged', 'loaded', 'quarantined', 'missing', 'waived'],
      description: 'Only those.',
    },
  },
  examples: ['daybreak slices list --state quarantined'],
  async run(call) {
    if (call.options.remote !== null) return await listThere(call)
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const { windows: dates, shards: locations, streams } = toScope(call.args, definition)
      const filter = {
        pipeline: definition.name,
        ...(dates && { windows: dates }),
        ...(locations && { shards: locations }),
        ...(streams && { streams }),
        ...(call.args.state && { states: [call.args.state] }),
      }
      const words = wordsOf(definition)
      const limit = readLimit(call.args)
      // A table shows the first ones, and says how many there are; other formats have them all, part by part.
      const isTable = call.output.format === 'table'
      const total = isTable ? await daybreak.people.reads.sliceTotal(filter, MOST_COUNTED) : null
      const rows = sliceRows(
        { ...filter, limit: isTable ? limit : Number.POSITIVE_INFINITY },
        daybreak.people.reads,
        words,
      )
      await printSlices({ rows, limit, total, words }, call.output)
    })
  },
})

// Slices that are in memory at a time.
const PART = 500

async function* sliceRows(
  { limit, ...filter }: SliceListFilter & { readonly limit: number },
  reads: Pick<LedgerReads, 'slicePage'>,
  words: Words,
): AsyncGenerator<Row> {
  let left = limit
  for (let after: SlicePlace | null = null; left > 0; ) {
    const { rows, next }: Listed<Slice, SlicePlace> = await reads.slicePage({
      ...filter,
      limit: Math.min(PART, left),
      after,
    })
    for (const slice of rows) yield inWords(sliceRow(slice), words)
    left -= rows.length
    if (next === null) return
    after = next
  }
}

const files = command({
  name: 'slices files',
  remote: 'served',
  description: 'List files of the folders of days that no contract reads: they are archived all the same.',
  args: {
    ...PIPELINE_ARG,
    location: SCOPE_ARGS.location,
    date: SCOPE_ARGS.date,
    ...LIMIT_ARG,
  },
  examples: ['daybreak slices files', 'daybreak slices files --date 2025-02-05'],
  async run(call) {
    if (call.options.remote !== null) return await filesThere(call)
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const filter = { pipeline: definition.name, ...toScope(call.args, definition) }
      const words = wordsOf(definition)
      const kept = withoutContract(await daybreak.ports.ledger.keptFiles(filter), definition)
      const rows = kept.map((file) => inWords(keptFileRow(file), words))
      await printFiles({ rows, limit: readLimit(call.args), words }, call.output)
    })
  },
})

interface Listing {
  readonly rows: AsyncIterable<Row> | readonly Row[]
  readonly limit: number
  readonly words: Parameters<typeof placeColumns>[0]
}

/** `total` is null where there are more than are counted. */
async function printSlices({ rows, limit, total, words }: Listing & { readonly total: number | null }, output: Output) {
  await output.rows({
    columns: [
      ...placeColumns(words),
      ...['stream', 'state', 'accepted', 'rejected', 'bytes', 'raw', 'override', 'code', 'reason'],
    ],
    ...{ limit, rows },
    total: () => ({ rows: total ?? MOST_COUNTED, all: total !== null }),
    empty: 'No slices. `daybreak run` looks for new ones.',
  })
}

async function printFiles({ rows, limit, words }: Listing, output: Output) {
  await output.rows({
    columns: [...placeColumns(words), 'file', 'bytes', 'raw', 'code', 'reason'],
    ...{ limit, rows },
    empty: 'No such files: contracts read all that was found.',
  })
}

interface Narrowing {
  readonly pipeline: string | undefined
  readonly date: readonly string[]
  readonly location: readonly string[]
  readonly limit: string
}

function queryOf({ date, location }: Pick<Narrowing, 'date' | 'location'>, pipeline: string) {
  return { pipeline, window: date.map((text) => readWindowName('--date', text)), shard: [...location] }
}

type Flags = Narrowing & { readonly stream: readonly string[]; readonly state: SliceState | undefined }

/** Slices that a server knows. */
async function listThere({ args, output, ...call }: Call<Flags>): Promise<void> {
  const limit = readLimit(args)
  await withApi(call, async (api) => {
    const { name, words } = await askPipeline(api, args.pipeline)
    const asked = { ...queryOf(args, name), stream: [...args.stream], ...(args.state && { state: [args.state] }) }
    const query = { ...asked, oldestFirst: true }
    const { total } = await api('GET /api/slices', { query: { ...query, withTotal: true, pageSize: 1 } })
    const most = output.format === 'table' ? limit : Number.POSITIVE_INFINITY
    const rows = async function* (): AsyncGenerator<Row> {
      let left = most
      const pages = eachPage((page) => api('GET /api/slices', { query: { ...query, ...page } }), Math.min(PART, most))
      for await (const { slices } of pages) {
        for (const slice of slices.slice(0, left)) yield inWords(toSliceRow(slice), words)
        left -= slices.length
        if (left <= 0) return
      }
    }
    await printSlices({ rows: rows(), limit, total, words }, output)
  })
}

async function filesThere({ args, output, ...call }: Call<Narrowing>): Promise<void> {
  await withApi(call, async (api) => {
    const { name, words } = await askPipeline(api, args.pipeline)
    const query = queryOf(args, name)
    const pages = await Array.fromAsync(eachPage((page) => api('GET /api/files', { query: { ...query, ...page } })))
    const rows = pages.flatMap(({ files: found }) => found.map((file) => inWords(toFileRow(file), words)))
    await printFiles({ rows, limit: readLimit(args), words }, output)
  })
}

const release = command({
  name: 'slices release',
  remote: 'served',
  description: 'Publish files that are held: you looked at them, and they are right.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    all: { type: 'boolean', description: 'Release every held file of the pipeline.' },
    ...REASON_ARG,
  },
  examples: ['daybreak slices release --location 185001 --date 2025-02-05'],
  async run(call) {
    const { args } = call
    if (call.options.remote !== null) return await releaseThere(call)
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      if (!args.all && args.date.length + args.location.length + args.stream.length === 0)
        throw nothingNamed(wordsOf(definition))
      const by = actorOf(call.context)
      const { scope } = await releaseHeld(
        { ...toScope(args, definition), pipeline: definition.name, by },
        daybreak.ports,
      )
      return await runNow({ pipeline: definition.name, trigger: 'cli', scope }, daybreak, call)
    })
  },
})

/** Releases the held files that the flags name at the server, which loads them. */
async function releaseThere(call: Call<Scoped & { readonly all: boolean; readonly reason: string }>): Promise<number> {
  const { args, output } = call
  return await withApi(call, async (api) => {
    const { name: pipeline, words } = await askPipeline(api, args.pipeline)
    if (!args.all && args.date.length + args.location.length + args.stream.length === 0) throw nothingNamed(words)
    const query = { ...queryOf(args, pipeline), stream: [...args.stream], state: ['held' as const] }
    const pages = await Array.fromAsync(eachPage((page) => api('GET /api/slices', { query: { ...query, ...page } })))
    const held = pages.flatMap((page) => page.slices.map(({ window, shard, stream }) => ({ window, shard, stream })))
    if (held.length === 0)
      throw new DaybreakError('NOT_FOUND', 'no held file matches', {
        details: { next: 'daybreak slices list --state held' },
      })
    const body = { slices: held.slice(0, MOST_RELEASED).map((slice) => ({ pipeline, ...slice })), reason: args.reason }
    const { runId, results } = await api('POST /api/slices:release', { body })
    await output.record({ run: runId ?? '', released: results.filter(({ ok }) => ok).length, held: held.length })
    return 0
  })
}

// More are released by the same command again.
const MOST_RELEASED = 1_000

function nothingNamed({ shard, window }: Words): DaybreakError {
  const flags = `${flagOf(window)}, ${flagOf(shard)} or --stream, or --all`
  return new DaybreakError('USAGE_INVALID', `name what to release: ${flags}`)
}

/** Expected deliveries, one by one, and the other files of their folders. */
export const slices = group({
  name: 'slices',
  description: 'Look at slices, and at files that no contract reads; release files that are held.',
  commands: { list: async () => list, files: async () => files, release: async () => release },
})
