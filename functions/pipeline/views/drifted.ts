import { type Contract, fileOf } from '../../contract/contract.ts'
import { headerAt, START_BYTES } from '../../engine/file/header.ts'
import { jsonRecords } from '../../engine/json/json-records.ts'
import { ERRORS } from '../../errors.ts'
import type { HeldBackSlice, RunScope, Slice } from '../entities.ts'
import type { Ledger, Ports } from '../ports.ts'

/** Slices that are quarantined because their header differs from the contract, newest first. */
export async function driftedSlices(
  pipeline: string,
  { windows, shards, streams }: Pick<RunScope, 'windows' | 'shards' | 'streams'>,
  ledger: Pick<Ledger, 'slices'>,
): Promise<readonly HeldBackSlice[]> {
  const slices = await ledger.slices({
    pipeline,
    ...(windows && { windows }),
    ...(shards && { shards }),
    ...(streams && { streams }),
    states: ['quarantined'],
  })
  // The newest file says what the header is from now on.
  return slices.filter(isDrifted).toReversed()
}

function isDrifted(slice: Slice): slice is HeldBackSlice {
  return slice.state === 'quarantined' && slice.raw !== null && ERRORS[slice.reason.code].kind === 'drift'
}

/** Names of the columns, or members, that the archived file of a slice has. */
export async function archivedHeader(
  { raw }: Pick<HeldBackSlice, 'raw'>,
  contract: Contract,
  objects: Pick<Ports['objects'], 'get'>,
): Promise<readonly string[]> {
  const bytes = Buffer.from(await objects.get(raw.object))
  if (contract.format === 'json' || contract.format === 'jsonl')
    return jsonRecords(bytes, contract, fileOf(contract)).header
  return headerAt(bytes.subarray(0, START_BYTES), { name: fileOf(contract), bytes: bytes.length }).names
}
