import { DaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { DeliveryRecord } from '../../pipeline/entities.ts'
import { madeNames } from '../../pipeline/names.ts'
import { diffRows } from '../../pipeline/views/slice-diff.ts'
import type { ApiContext } from '../context.ts'
import { versionName } from './slice-answers.ts'

interface Compared {
  readonly from: DeliveryRecord
  readonly to: DeliveryRecord
  readonly definition: PipelineDefinition
  readonly signal: AbortSignal
}

/** Rows and sums that differ between two versions. @throws {DaybreakError} STATE_CONFLICT for one that was never transformed. */
export async function sliceDiff({ from, to, definition }: Compared, { partRows }: ApiContext) {
  const contract = definition.contracts.get(to.stream)
  if (!contract) throw new DaybreakError('NOT_FOUND', `there is no stream ${JSON.stringify(to.stream)}`)
  const [before, after] = await Promise.all([partRows(partOf(from)), partRows(partOf(to))])
  const key = contract.key.filter((column) => after.columns.includes(column))
  return {
    from: versionName(from.raw.sha256),
    to: versionName(to.raw.sha256),
    ...diffRows({ before, after, key, totals: { before: from.totals ?? {}, after: to.totals ?? {} } }),
  }
}

function partOf(record: DeliveryRecord): string {
  const { raw, contract, engine } = record
  if (contract !== null && engine !== null) return madeNames(record, { sha256: raw.sha256, contract, engine }).part
  throw new DaybreakError(
    'STATE_CONFLICT',
    `version ${versionName(raw.sha256)} was never transformed, so it has no rows`,
  )
}
