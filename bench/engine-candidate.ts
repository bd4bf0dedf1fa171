import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Generated } from './generate.ts'

/** Findings and cost of one run of a candidate. */
export interface CandidateResult {
  readonly accepted: number
  readonly rejected: number
  /** True when every expected reject was found with its line, record, column and rule, and nothing else; null if it cannot tell. */
  readonly exact: boolean | null
  readonly outputBytes: number
  readonly cost: Cost
}

/** Its cost, before the output is checked. */
export interface Cost {
  /** From the start of the process to the complete output. */
  readonly seconds: number
  readonly peakMiB: number
}

/** To be asked when the output is complete. */
export function costSoFar(): Cost {
  const { maxRSS } = process.resourceUsage()
  return { seconds: performance.now() / 1000, peakMiB: Math.round(maxRSS / 1024) }
}

/** Engine under test: transforms files in the given number of lanes. */
export type Candidate = (files: readonly Generated[], lanes: number) => Promise<CandidateResult>

/** A folder for the output of a candidate, which is gone afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
