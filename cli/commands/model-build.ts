import { DaybreakError } from '../../functions/errors.ts'
import { datesBetween } from '../../functions/lib/business-date.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { partitionsOn } from '../../functions/models/affected.ts'
import { compiledOf } from '../../functions/models/model-set.ts'
import { type Models, streamPipelines } from '../../functions/models/order.ts'
import type { SetInUse } from '../../functions/pipeline/build/project.ts'
import type { Ensured } from '../../functions/pipeline/build/task.ts'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { ensurePartitions } from '../../functions/pipeline/work/build.ts'
import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'
import { readFirstDay, readLastDay } from '../values.ts'

// A month of dates, for a command without a range.
const NEWEST = 31

/** Makes partitions of models equal to their inputs now. */
export const build = command({
  name: 'model build',
  description: 'Build models: make their partitions equal to what their inputs hold. Building again is free.',
  args: {
    model: {
      type: 'positional',
      required: false,
      description: 'One model, after those it reads. All models if absent.',
    },
    from: { type: 'string', valueHint: 'DATE', description: 'First date. The newest 31 dates if absent.' },
    to: { type: 'string', valueHint: 'DATE', description: 'Last date, included.' },
    force: { type: 'boolean', description: 'Build also what is built or held although no input has changed.' },
  },
  examples: ['daybreak model build', 'daybreak model build daily_sales --from 2025-02-01 --to 2025-02-28'],
  async run(call) {
    const { args, output } = call
    return await withDaybreak(
      call,
      async (daybreak) => {
        const { models, ports } = daybreak.worker
        const rows: Row[] = []
        for (const used of (await models?.inUse(ports)) ?? []) {
          expectModel(args.model, used)
          const dates = await newestDates(args, { models: compiledOf(used.set), ports, count: NEWEST })
          const asked = partitionsOn(compiledOf(used.set), { dates, ...(args.model && { model: args.model }) })
          const partitions = asked.filter(({ model }) => used.owned.has(model))
          const request = { ...used, force: args.force ?? false }
          for await (const { ensured, ...one } of ensurePartitions(partitions, request, daybreak.worker))
            if (ensured && ensured.outcome !== 'empty') rows.push(toRow(one, ensured))
          await models?.show(used, ports)
        }
        await output.rows({ columns: COLUMNS, rows, empty: 'There is nothing to build.' })
        return rows.some(({ outcome }) => outcome === 'held' || outcome === 'blocked') ? 3 : 0
      },
      { isForModels: true },
    )
  },
})

const COLUMNS = ['model', 'window', 'outcome', { key: 'rows', align: 'right' }, 'missing', 'reason'] as const

type Row = {
  readonly model: string
  readonly window: string
  readonly outcome: Ensured['outcome']
  readonly rows: number | null
  readonly missing: string
  readonly reason: string
}

function toRow({ model, window }: Pick<Row, 'model' | 'window'>, ensured: Ensured): Row {
  const row = { model, window, outcome: ensured.outcome, rows: null, missing: '', reason: '' }
  if (ensured.outcome === 'blocked') return { ...row, reason: `waits for ${ensured.by}` }
  if (!('build' in ensured)) return row
  const { build: built } = ensured
  const reason = built.state === 'held' ? built.reason.message : ''
  return { ...row, rows: built.rows, missing: built.missing.join(', '), reason }
}

/** @throws {DaybreakError} USAGE_INVALID for a model that the set has not. */
function expectModel(model: string | undefined, { set }: SetInUse): void {
  if (model === undefined || set.has(model)) return
  const message = `there is no model ${JSON.stringify(model)}.${didYouMean(model, [...set.keys()])}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model list' } })
}

interface Asked {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

interface Known {
  readonly models: Models
  readonly ports: Pick<Ports, 'ledger'>
  /** Number of dates without a range. */
  readonly count: number
}

/** Dates that were asked for; else the newest ones that the ledger knows. @throws {DaybreakError} USAGE_INVALID. */
export async function newestDates({ from, to }: Asked, { models, ports, count }: Known): Promise<readonly string[]> {
  const [first, last] = [from ?? to, to ?? from]
  if (first !== undefined && last !== undefined)
    return datesBetween(readFirstDay('--from', first), readLastDay('--to', last))
  const windows = new Set<string>()
  for (const pipeline of streamPipelines(models))
    for (const window of await ports.ledger.newestWindows(pipeline, count)) windows.add(window)
  return [...windows].toSorted().slice(-count)
}
