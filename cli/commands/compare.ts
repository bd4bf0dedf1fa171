import { type Compared, compareStreams } from '../../functions/compose/compare-bounded.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { isTables } from '../../functions/pipeline/tables/tools.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readCount } from '../values.ts'

/** Compares both sides of a pipeline of tables. */
export const compare = command({
  name: 'compare',
  description:
    'Compare tables at the source, as they are now, with those at the destination, down to the keys that differ.',
  args: {
    ...PIPELINE_ARG,
    stream: { type: 'string', many: true, valueHint: 'NAME', description: 'Stream; several with commas.' },
    keys: { type: 'string', default: '10', valueHint: 'N', description: 'Most keys that are named.' },
  },
  examples: ['daybreak compare shop_to_lake', 'daybreak compare shop_to_lake --stream orders --keys 100'],
  async run(call) {
    const { args, output } = call
    const most = readCount('--keys', args.keys, { min: 1, max: 10_000 })
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      if (!isTables(definition) || !daybreak.compare)
        throw new DaybreakError(
          'USAGE_INVALID',
          `${definition.name} copies no tables; \`daybreak status --verify\` compares its partitions`,
        )
      const looks = await compareStreams(definition, { streams: args.stream ?? [], keys: most }, daybreak.compare)
      await output.rows({
        columns: [
          'stream',
          'source_rows',
          'destination_rows',
          { key: 'result', tone: (value) => (value === 'equal' ? 'good' : 'bad') },
        ],
        rows: looks.map(rowOf),
      })
      const different = looks.flatMap((look) =>
        'comparison' in look ? look.comparison.keys.map((each) => ({ stream: look.stream, ...each })) : [],
      )
      if (output.format === 'table' && different.length > 0) {
        await output.text('')
        await output.rows({ columns: ['stream', 'key', 'difference'], rows: different })
      }
      if (output.format === 'table')
        for (const look of looks) if ('reason' in look) await output.text(`\n${look.stream}: ${look.reason}`)
      return looks.every(isEqual) ? 0 : 3
    })
  },
})

function isEqual(look: Compared): boolean {
  return 'comparison' in look && look.comparison.shares === 0
}

function rowOf(look: Compared) {
  const { stream } = look
  if ('reason' in look)
    return { stream, source_rows: null, destination_rows: null, result: 'not compared', reason: look.reason, keys: [] }
  const { sourceRows, destinationRows, keys } = look.comparison
  return {
    ...{ stream, source_rows: sourceRows, destination_rows: destinationRows },
    result: isEqual(look) ? 'equal' : 'different',
    keys: keys.map(({ key, difference }) => ({ key, difference })),
  }
}
