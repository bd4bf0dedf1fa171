import type { Contract } from '../../../contract/contract.ts'
import { type HeaderPlan, matchHeader } from '../../../contract/drift.ts'
import { type CompiledContract, type CompileOptions, compileContract } from '../../../engine/duckdb/compile.ts'

/** A header matched with its contract, and the contract compiled for it. */
export interface CompiledHeader {
  readonly plan: HeaderPlan
  readonly compiled: CompiledContract
}

/** Compiles a contract for a header, once for as many files as have the same. @throws {DaybreakError} DRIFT_*, CONFIG_INVALID. */
export type CompileCache = (contract: Contract, header: readonly string[], options: CompileOptions) => CompiledHeader

const MOST_PER_CONTRACT = 50

/** A cache that lives as long as the contracts in it. */
export function createCompileCache(): CompileCache {
  const known = new WeakMap<Contract, Map<string, CompiledHeader>>()
  return (contract, header, { place, privacyKey }) => {
    const ofContract = known.get(contract) ?? new Map<string, CompiledHeader>()
    known.set(contract, ofContract)
    // Only the year of a date shapes the statement: it decides which changes of the clock are written out.
    const shape = [
      header,
      place.timeZone,
      place.closeoutHour,
      place.date.slice(0, 4),
      Buffer.from(privacyKey).toString('hex'),
    ]
    const key = JSON.stringify(shape)
    const found = ofContract.get(key)
    if (found) return found
    const plan = matchHeader(contract, header)
    const made = { plan, compiled: compileContract(contract, plan, { place, privacyKey }) }
    if (ofContract.size >= MOST_PER_CONTRACT) ofContract.clear()
    ofContract.set(key, made)
    return made
  }
}
