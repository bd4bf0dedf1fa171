import { DaybreakError } from '../../errors.ts'
import type { CompiledModel } from '../../models/compiled.ts'
import type { ScriptRows } from '../../models/script.ts'
import { scriptTexts } from '../../models/script-rows.ts'
import { modelWarehouse } from './job.ts'
import { inputsSql } from './sql.ts'
import { type BuildPorts, dateOf } from './task.ts'

type Script = Extract<CompiledModel, { readonly kind: 'script' }>
type Filling = Parameters<typeof inputsSql>[1]

// Rows in memory, of all tables of one partition together.
const MOST_INPUT = 200_000
// BigQuery takes a query of 1,024 KiB.
const MOST_TEXT = 900_000

/**
 * Runs a script over the rows that its partition reads, and gives the rows that come out as a query: from here on a script is built,
 * checked and published as a query is. Equal inputs give equal text.
 * @throws {DaybreakError} MODEL_FAILED when the script fails, or reads or gives too much.
 */
export async function scriptSql(compiled: Script, filling: Filling, ports: BuildPorts): Promise<string> {
  const { model, window } = filling.task
  const place = `${model.name} of ${window}`
  const inputs: Record<string, ScriptRows> = {}
  let count = 0
  for (const [at, sql] of inputsSql(compiled, filling).entries()) {
    const reference = compiled.references[at]
    if (!reference) throw new TypeError('each input has its reference')
    const columns = reference.columns.map((name, place) => ({ name, type: reference.types?.[place] ?? 'string' }))
    const { rows } = await modelWarehouse(ports).query(`${sql} LIMIT ${MOST_INPUT - count + 1}`)
    count += rows.length
    if (count > MOST_INPUT)
      throw failed(`${place} reads more than ${MOST_INPUT} rows; group them in a model of SQL and read that`)
    inputs[reference.alias] = {
      columns,
      rows: rows.map((row) => row.map((text, place) => plain(text, columns[place]))),
    }
  }
  const rows = await ports.scripts.build(compiled.script, { date: dateOf(compiled, window), inputs })
  const json = JSON.stringify(scriptTexts(rows, { model: place, columns: compiled.columns }))
  if (json.length > MOST_TEXT)
    throw failed(`${place} has ${rows.length} rows of ${json.length} characters; a script gives at most ${MOST_TEXT}`)
  return filling.dialect.jsonRows(json, compiled.columns)
}

/** Decimals without the zeros at their end, as one warehouse writes them and another does not. */
function plain(text: string | null, column: { readonly type: string } | undefined): string | null {
  if (text === null || column?.type !== 'numeric') return text
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function failed(message: string): DaybreakError {
  return new DaybreakError('MODEL_FAILED', message)
}
