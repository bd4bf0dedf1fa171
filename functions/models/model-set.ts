import { createHash } from 'node:crypto'
import type { CompiledModel } from './compiled.ts'
import { deepFingerprints } from './fingerprints.ts'
import type { Models } from './order.ts'

// 32 bits: the versions of one model are few. Names of tables and labels of jobs have little room.
const DIGITS = 8

/** A model as it is built: its version, and the table that the version has. */
export interface BuiltModel {
  readonly name: string
  readonly compiled: CompiledModel
  /** First digits of its deep fingerprint. */
  readonly fingerprint: string
  /** Fingerprint in the name of its table: an earlier version's where this one only added columns. */
  readonly table: string
  /** Earlier versions whose partitions count as built. */
  readonly accepts: readonly string[]
}

/** Models that are built together: what one of them reads is another one of the set. */
export type ModelSet = ReadonlyMap<string, BuiltModel>

/** Pure: a set of compiled models, each with a table of its own. */
export function modelSet(models: Models): ModelSet {
  const deep = deepFingerprints(models)
  return new Map(
    [...models].map(([name, compiled]) => {
      const fingerprint = (deep.get(name)?.model ?? '').slice(0, DIGITS)
      return [name, { name, compiled, fingerprint, table: fingerprint, accepts: [] }]
    }),
  )
}

/** The compiled models of a set. */
export function compiledOf(set: ModelSet): Models {
  return new Map([...set].map(([name, { compiled }]) => [name, compiled]))
}

/**
 * Pure: names what a version computes and what must hold before it is published. Other checks that block are another identity: a
 * held partition is looked at again after its check was mended.
 */
export function identityOf({ compiled }: Pick<BuiltModel, 'compiled'>, fingerprint: string): string {
  const blocking = compiled.checks
    .filter(({ effect }) => effect === 'block')
    .map(({ name, sql }) => [name, sql.bigquery])
  return createHash('sha256')
    .update(JSON.stringify([fingerprint, blocking]))
    .digest('hex')
}
