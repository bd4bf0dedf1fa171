import { DaybreakError } from '../../errors.ts'
import { type Comparison, comparisonOf, sampleSql } from '../../models/diff.ts'
import { type BuiltModel, compiledOf, type ModelSet } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { modelWarehouse } from '../build/job.ts'
import { rowsSql } from '../build/rows-sql.ts'
import type { BuildPorts } from '../build/task.ts'
import type { BusinessDate } from '../entities.ts'
import type { SignOff } from '../people/records.ts'
import type { Worker } from './worker.ts'

type Signing = Pick<Worker, 'definitions' | 'ports'>

/** A model that would show other rows of days that were signed. */
interface SignedChange {
  readonly model: string
  /** Days, at most those of 1,000 rows; none where columns go, or the key of a row is another. */
  readonly dates: readonly BusinessDate[]
}

// Rows of one model whose days a message names.
const MOST = 1_000
const SHOWN = 5

/** Models of the second set that show other rows of signed days than those of the first. Reads the warehouse, and changes nothing. */
export async function signedChanges(
  { shown, set }: { readonly shown: ModelSet; readonly set: ModelSet },
  worker: Signing,
): Promise<readonly SignedChange[]> {
  const changed = [...set.values()].filter(({ name, table, compiled }) => {
    const before = shown.get(name)
    return before && before.table !== table && compiled.partitionBy !== null && compiled.kind !== 'view'
  })
  const signed = changed.length === 0 ? [] : await signaturesOf(set, worker)
  if (signed.length === 0) return []
  const found: SignedChange[] = []
  for (const model of changed) {
    const before = shown.get(model.name)
    const dates = before ? await datesThatDiffer({ before, model, shown, set }, signed, worker.ports) : null
    if (dates !== null) found.push({ model: model.name, dates })
  }
  return found
}

/** @throws {DaybreakError} DAY_CLOSED, which names models, days and the ways on. */
export function refuseSigned(changes: readonly SignedChange[]): never {
  const parts = changes.map(({ model, dates }) => {
    const more = dates.length > SHOWN ? ` and ${dates.length - SHOWN} more` : ''
    return `${model} of ${dates.slice(0, SHOWN).join(', ') || 'all of them'}${more}`
  })
  const message =
    `nothing was swapped: the new models show other rows of days that were signed: ${parts.join('; ')}. ` +
    'They are built and wait as a proposal; `daybreak model diff MODEL --from DATE` shows each row, ' +
    '`daybreak model apply --accept REASON` shows them to everybody'
  throw new DaybreakError('DAY_CLOSED', message, {
    details: { next: `daybreak model diff ${changes[0]?.model ?? ''}` },
  })
}

/** Signatures of all pipelines that models read, but of those that load changes of signed days. */
async function signaturesOf(set: ModelSet, { definitions, ports }: Signing): Promise<readonly SignOff[]> {
  const pipelines = streamPipelines(compiledOf(set)).filter((name) => {
    return definitions.get(name)?.config.signedDays === 'hold'
  })
  return (await Promise.all(pipelines.map((name) => ports.ledger.signOffsOf(name)))).flat()
}

interface Versions {
  readonly before: BuiltModel
  readonly model: BuiltModel
  readonly shown: ModelSet
  readonly set: ModelSet
}

/** Null where the signed rows are the same. */
async function datesThatDiffer(
  { before, model, shown, set }: Versions,
  signed: readonly SignOff[],
  ports: BuildPorts,
): Promise<readonly BusinessDate[] | null> {
  const warehouse = modelWarehouse(ports)
  const comparison = comparisonOf(before.compiled, model.compiled)
  const date = model.compiled.partitionBy ?? ''
  const place = (comparison.key ?? []).findIndex(({ name }) => name === date)
  if (place < 0 || comparison.changes.some(({ old }) => old !== null)) return []
  const windows = [...new Set(signed.map(({ window }) => window))]
  const side = async (one: BuiltModel, from: ModelSet) => {
    const rows = await rowsSql({ model: one, set: from, isBuilt: true, shown: new Set() }, windows, ports)
    return signedRows(rows, { comparison, date, model, signed }, warehouse.dialect)
  }
  const sides = { old: await side(before, shown), new: await side(model, set) }
  const sql = sampleSql(comparison, sides, { identifier: warehouse.dialect.identifier, limit: MOST })
  const { rows } = await warehouse.query(sql)
  return rows.length === 0 ? null : [...new Set(rows.map((row) => row[place] ?? ''))].toSorted()
}

interface Signed {
  readonly comparison: Comparison
  /** Column with the date of a row. */
  readonly date: string
  readonly model: BuiltModel
  readonly signed: readonly SignOff[]
}

/** Rows of signed days, of the locations that were signed. A model that names no location of its rows is compared whole. */
function signedRows(rows: string, { comparison, date, model, signed }: Signed, dialect: Dialect): string {
  const names = new Set([...(comparison.key ?? []), ...comparison.columns].map(({ name }) => name))
  const locations = model.compiled.references.flatMap((one) => (one.isPartitioned ? (one.locationColumn ?? []) : []))
  const location = locations.find((name) => names.has(name))
  const { identifier, literal } = dialect
  const conditions = [...Map.groupBy(signed, ({ shard }) => shard)].map(([shard, own]) => {
    const days = own.map(({ window }) => `DATE ${literal(window)}`).join(', ')
    const isDay = `${identifier(date)} IN (${days})`
    return shard === '' || location === undefined ? isDay : `${isDay} AND ${identifier(location)} = ${literal(shard)}`
  })
  return `(SELECT * FROM ${rows} AS published WHERE ${conditions.map((each) => `(${each})`).join(' OR ')})`
}
