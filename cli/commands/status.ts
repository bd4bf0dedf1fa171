import { completeness, type MatrixRow, type Cell as State } from '../../functions/pipeline/status.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import type { Cell } from '../output.ts'
import { readDate } from '../values.ts'

const INCOMPLETE = 5

const TONES: Partial<Record<State, 'good' | 'bad' | 'warn' | 'dim'>> = {
  loaded: 'good',
  quarantined: 'bad',
  missing: 'bad',
  expected: 'warn',
  seen: 'warn',
  landed: 'warn',
  staged: 'warn',
  waived: 'dim',
  off: 'dim',
  not_due: 'dim',
}

/** The completeness matrix: what arrived, what did not, and how long the server keeps it. */
export const status = command({
  name: 'status',
  description: 'Show the completeness matrix: location x business date x stream.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    from: { type: 'string', valueHint: 'YYYY-MM-DD', description: 'First business date; a week back if absent.' },
    to: { type: 'string', valueHint: 'YYYY-MM-DD', description: 'Last business date; today if absent.' },
    check: { type: 'boolean', description: 'Exit with 5 when something is not complete.' },
  },
  examples: ['daybreak status', 'daybreak status --check', 'daybreak status --from 2025-02-01 --to 2025-02-07'],
  async run(call) {
    const { args, output, context } = call
    const range = {
      ...(args.from !== undefined && { from: readDate('--from', args.from) }),
      ...(args.to !== undefined && { to: readDate('--to', args.to) }),
    }
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const now = context.clock.now()
      const slices = await daybreak.ports.ledger.slices({ pipeline: definition.name, ...range })
      const rows = completeness(definition, slices, { ...range, now })
      const streams = [...definition.contracts.keys()]
      await output.rows({
        columns: [
          'location',
          'name',
          'date',
          ...streams.map((stream) => ({ key: stream, tone: (value: Cell) => TONES[value as State] ?? null })),
          { key: 'note' },
        ],
        rows: rows.map((row) => toRow(row, now)),
        empty: 'No business date in this range is due yet, or nothing is known of it. Try --from, or `daybreak run`.',
      })
      const incomplete = rows.filter(({ complete }) => !complete).length
      await output.text(`\n${rows.length - incomplete} of ${rows.length} location-days are complete.`)
      return args.check && incomplete > 0 ? INCOMPLETE : 0
    })
  },
})

function toRow({ location, name, date, cells, complete, goneAt }: MatrixRow, now: number) {
  const hours = Math.floor((goneAt - now) / 3_600_000)
  const note = complete
    ? ''
    : hours < 0
      ? 'no longer at the source'
      : `the source keeps it for ${Math.floor(hours / 24)} d ${hours % 24} h`
  return { location, name, date, ...Object.fromEntries(cells), complete, note }
}
