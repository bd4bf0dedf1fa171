import type { HeaderChange } from '../../functions/contract/header-history.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { readHeaderHistory } from '../../functions/pipeline/views/header-history.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_FLAG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readDate } from '../values.ts'

/** Lists the headers that the archived files of a stream had over time. */
export const headers = command({
  name: 'contract headers',
  description:
    'List the headers that archived files of a stream had: on which day a column came, went, moved or changed its type.',
  args: {
    stream: { type: 'positional', required: true, description: 'Stream, e.g. payment_details.' },
    ...PIPELINE_FLAG,
    location: SCOPE_ARGS.location,
    from: {
      type: 'string',
      valueHint: 'YYYY-MM-DD',
      description: 'First business date. Default: all that are archived.',
    },
    to: { type: 'string', valueHint: 'YYYY-MM-DD', description: 'Last business date.' },
  },
  examples: ['daybreak contract headers payment_details --from 2025-01-01'],
  async run(call) {
    const { args } = call
    await withDaybreak(
      call,
      async (daybreak) => {
        const definition = findPipeline(daybreak, args.pipeline)
        const contract = definition.contracts.get(args.stream)
        const streams = [...definition.contracts.keys()]
        if (!contract) {
          const message = `${JSON.stringify(args.stream)} is no stream of ${definition.name}.${didYouMean(args.stream, streams)}`
          throw new DaybreakError('USAGE_INVALID', message)
        }
        const { shards } = toScope({ location: args.location }, definition)
        const { versions, unread } = await readHeaderHistory(
          {
            ...{ definition, contract },
            ...(shards && { shards }),
            ...(args.from !== undefined && { from: readDate('--from', args.from) }),
            ...(args.to !== undefined && { to: readDate('--to', args.to) }),
          },
          daybreak.ports,
        )
        await call.output.rows({
          columns: ['first', 'last', 'files', 'locations', 'columns', 'changes'],
          rows: versions.map(({ first, last, files, shards: seen, columns, changes }) => ({
            ...{ first, last, files, locations: seen.length, columns: columns.length },
            changes: changes.map(changeText).join('; ') || null,
          })),
          empty: `No file of ${args.stream} is archived in this range.`,
        })
        if (unread > 0 && call.output.format === 'table')
          await call.output.text(
            `\n${unread} archived files have no header that can be read: packed, empty or damaged.`,
          )
      },
      { readOnlyWarehouse: true },
    )
  },
})

function changeText(change: HeaderChange): string {
  const name = JSON.stringify(change.column)
  if (change.kind === 'moved') return `${name} moved from place ${change.from} to ${change.to}`
  if (change.kind === 'type') return `${name} was ${change.from} and is ${change.to}`
  return `${name} ${change.kind} at place ${change.position}`
}
