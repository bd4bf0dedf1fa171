import type { TablePlans } from '../functions/compose/table-plans.ts'
import type { Daybreak } from '../functions/compose.ts'
import { DaybreakError } from '../functions/errors.ts'
import type { RunScope } from '../functions/pipeline/entities.ts'
import type { StreamPlan, TablesPlan } from '../functions/pipeline/tables/preview.ts'
import type { TableDefinition } from '../functions/pipeline/tables/tools.ts'
import type { Output } from './output.ts'

/** Planner of pipelines of tables. @throws {DaybreakError} CONFIG_MISSING where no pipeline copies tables. */
export function expectTablePlans({ tablePlans }: Pick<Daybreak, 'tablePlans'>): TablePlans {
  if (tablePlans) return tablePlans
  throw new DaybreakError('CONFIG_MISSING', 'no pipeline of this project copies tables')
}

interface Asked {
  readonly definition: TableDefinition
  readonly scope: Pick<RunScope, 'streams'>
}

/** Prints what a run of a pipeline of tables would do, and gives it. */
export async function showTablePlan(
  { definition, scope }: Asked,
  daybreak: Pick<Daybreak, 'tablePlans'>,
  output: Output,
): Promise<TablesPlan> {
  const planned = await expectTablePlans(daybreak).plan(definition, scope)
  const { id, streams } = planned
  if (output.format !== 'table') {
    await output.record({ pipeline: definition.name, id, streams: streams.map(toRow) })
    return planned
  }
  await output.rows({
    columns: ['stream', 'action', 'mode', 'on_conflict', 'window', { key: 'rows', align: 'right' }, 'table'],
    rows: streams.map((each) => ({ ...toRow(each), rows: rowsInWords(each), table: tableInWords(each) })),
  })
  for (const each of streams) await showStream(each, output)
  const refused = streams.filter(({ action }) => action === 'refuse')
  const next = `daybreak run ${definition.name} --plan ${id}`
  await output.text(
    refused.length > 0
      ? `\nPlan ${id}. ${refused.length} of ${streams.length} streams would be refused: ${refused.map(({ stream }) => stream).join(', ')}.`
      : `\nPlan ${id}. Next: ${next}`,
  )
  return planned
}

async function showStream(
  { stream, range, columns, statements, problems, from, into, key }: StreamPlan,
  output: Output,
) {
  const keyed = key.length > 0 ? `, key ${key.join(', ')}` : ''
  await output.text(`\n${stream}: ${from} to ${into}${keyed}`)
  if (range !== null)
    await output.text(`${range.column} ${range.after === null ? '' : `after ${range.after}, `}up to ${range.to}`)
  if (columns.length > 0)
    await output.rows({
      columns: ['column', 'native', 'to', 'type', 'note'],
      rows: columns.map(({ from: column, ...rest }) => ({ column, ...rest })),
    })
  for (const statement of statements) await output.text(`${statement};`)
  for (const problem of problems) await output.text(`Refused: ${problem}`)
}

function toRow({ onConflict, isEstimate, isNew, ...plan }: StreamPlan) {
  const { stream, action, mode, from, into, window, range, rows, key, columns, statements, problems } = plan
  return {
    ...{ stream, action, mode, on_conflict: onConflict, from, into, window, range: range && { ...range } },
    ...{ rows, rows_estimated: isEstimate, key: [...key], columns: columns.map((column) => ({ ...column })) },
    ...{ creates_table: isNew, statements: [...statements], problems: [...problems] },
  }
}

function rowsInWords({ rows, isEstimate }: StreamPlan): string {
  return rows === null ? '' : `${isEstimate ? '~' : ''}${rows.toLocaleString('en-US')}`
}

function tableInWords({ isNew, statements, into }: StreamPlan): string {
  return isNew ? `create ${into}` : statements.length > 0 ? `alter ${into}` : into
}

const TRIED = 1_000

/** The plan, then the first rows of each stream as they would be loaded. Nothing is written but scratch files. */
export async function dryRunTables(
  asked: Asked,
  daybreak: Pick<Daybreak, 'tablePlans'>,
  output: Output,
  most = TRIED,
): Promise<number> {
  const { streams } = await showTablePlan(asked, daybreak, output)
  if (output.format !== 'table') return 0
  for (const { stream, action } of streams) {
    if (action !== 'read') continue
    const found = await expectTablePlans(daybreak).firstRows(asked.definition, stream, most)
    if (found === null || found.read === 0) continue
    const { read, accepted, rejected, firstReject, rejects, rows } = found
    await output.text(
      `\n${stream}: of the first ${read} rows ${accepted} are accepted, ${rejected} rejected${firstReject ? `; the first is ${firstReject}` : ''}`,
    )
    if (rejects.length > 0)
      await output.rows({ columns: ['file', 'line', 'column', 'value', 'rule', 'message'], rows: rejects })
    for (const row of rows) await output.record(row)
  }
  return 0
}
