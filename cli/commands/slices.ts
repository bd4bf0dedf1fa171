import { DaybreakError } from '../../functions/errors.ts'
import type { Slice } from '../../functions/pipeline/entities.ts'
import type { LedgerReads, Listed, SliceListFilter, SlicePlace } from '../../functions/pipeline/people/reads.ts'
import { type Words, wordsOf } from '../../functions/pipeline/slice-words.ts'
import { withoutContract } from '../../functions/pipeline/steps/keep.ts'
import { keptFileRow, sliceRow } from '../../functions/pipeline/views/slices.ts'
import { releaseHeld } from '../../functions/pipeline/work/release-held.ts'
import { actorOf } from '../actor.ts'
import type { Row } from '../cell.ts'
import { command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { flagOf, inWords, placeColumns } from '../slice-words.ts'
import { runNow } from './run.ts'

const list = command({
  name: 'slices list',
  description: 'List slices: one stream of one location on one business date, and its state.',
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
      const counts = isTable ? await daybreak.ports.ledger.sliceCounts(filter) : {}
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
      await call.output.rows({
        columns: [
          ...placeColumns(words),
          ...['stream', 'state', 'accepted', 'rejected', 'bytes', 'raw', 'override', 'code', 'reason'],
        ],
        limit,
        total: () => ({ rows: total, all: true }),
        rows: sliceRows({ ...filter, limit: isTable ? limit : Number.POSITIVE_INFINITY }, daybreak.people.reads, words),
        empty: 'No slices. `daybreak run` looks for new ones.',
      })
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
  description: 'List files of the folders of days that no contract reads: they are archived all the same.',
  args: {
    ...PIPELINE_ARG,
    location: SCOPE_ARGS.location,
    date: SCOPE_ARGS.date,
    ...LIMIT_ARG,
  },
  examples: ['daybreak slices files', 'daybreak slices files --date 2025-02-05'],
  async run(call) {
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const filter = { pipeline: definition.name, ...toScope(call.args, definition) }
      const words = wordsOf(definition)
      await call.output.rows({
        columns: [...placeColumns(words), 'file', 'bytes', 'raw', 'code', 'reason'],
        limit: readLimit(call.args),
        rows: withoutContract(await daybreak.ports.ledger.keptFiles(filter), definition).map((file) =>
          inWords(keptFileRow(file), words),
        ),
        empty: 'No such files: contracts read all that was found.',
      })
    })
  },
})

const release = command({
  name: 'slices release',
  description: 'Publish files that are held: you looked at them, and they are right.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    all: { type: 'boolean', description: 'Release every held file of the pipeline.' },
  },
  examples: ['daybreak slices release --location 185001 --date 2025-02-05'],
  async run(call) {
    const { args } = call
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
