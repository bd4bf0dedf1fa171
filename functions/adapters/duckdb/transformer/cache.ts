import type { Contract } from '../../../contract/contract.ts'
import { type HeaderPlan, matchHeader } from '../../../contract/drift.ts'
import { type CompiledContract, type CompileOptions, compileContract } from '../../../engine/duckdb/compile.ts'

/** A header matched with its contract, and the contract compiled for it. */
interface CompiledHeader {
  readonly plan: HeaderPlan
  readonly compiled: CompiledContract
}

/** Compiles a contract for a header, once for as many files as have the same. @throws {DaybreakError} DRIFT_*, CONFIG_INVALID. */
export type CompileCache = (contract: Contract, header: readonly string[], options: CompileOptions) => CompiledHeader

/** Of a contract of forty columns one takes about 60 kB. */
const MOST = 500

/** A cache of all contracts together: `most` statements at a time, and the one that was not used for the longest time goes. */
export function createCompileCache(most = MOST): CompileCache {
  const ids = new WeakMap<Contract, number>()
  const known = new Map<string, CompiledHeader>()
  let contracts = 0
  return (contract, header, { place, privacyKey }) => {
    const id = ids.get(contract) ?? ++contracts
    ids.set(contract, id)
    // Only the year of a date shapes the statement: it decides which changes of the clock are written out.
    const shape = [
      id,
      header,
      place && [place.timeZone, place.closeoutHour, place.date.slice(0, 4)],
      Buffer.from(privacyKey).toString('hex'),
    ]
    const key = JSON.stringify(shape)
    const found = known.get(key)
    const made = found ?? compile(contract, header, { place, privacyKey })
    known.delete(key)
    known.set(key, made)
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return made
  }
}

function compile(contract: Contract, header: readonly string[], options: CompileOptions): CompiledHeader {
  const plan = matchHeader(contract, header)
  return { plan, compiled: compileContract(contract, plan, options) }
}
