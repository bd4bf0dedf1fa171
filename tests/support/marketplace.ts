import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { daybreak } from './cli.ts'
import { sharedFolder } from './folder.ts'

const EXAMPLE = 'examples/olist'
/** First day of the files. */
export const START = '2026-03-01'
const PUT_BACK = Date.now() - Date.parse('2026-03-20T12:00:00Z')

/** A day by its number, from 0. */
export const dayOf = (index: number): string => `2026-03-${String(index + 1).padStart(2, '0')}`

/** The first days, as `run --date` takes them. */
export const days = (count: number): string => Array.from({ length: count }, (_, index) => dayOf(index)).join(',')

const Checks = z.array(z.looseObject({ name: z.string(), failed: z.number() }))

interface MarketBuild {
  readonly model: string
  readonly day: string
  readonly state: string
  readonly epoch: number
  /** Names of the checks that found a row. */
  readonly failed: readonly string[]
}

/** The example of a marketplace in a folder of its own, with its clock put back to the days of its files. */
export async function openMarketplace() {
  const project = await sharedFolder()
  await cp(EXAMPLE, project, { recursive: true })
  const run = async (...argv: readonly string[]) =>
    daybreak([...argv, '--project-dir', project], {
      cwd: project,
      env: { DAYBREAK_HOME: join(project, 'home') },
      clock: { now: () => Date.now() - PUT_BACK, sleep: (milliseconds) => setTimeout(milliseconds) },
    })
  return {
    project,
    run,
    path: (...parts: readonly string[]) => join(project, 'data', ...parts),
    async rows(...argv: readonly string[]): Promise<readonly Record<string, string>[]> {
      const { stdout, stderr } = await run(...argv, '-o', 'json')
      if (stdout === '') throw new Error(stderr)
      return JSON.parse(stdout)
    },
    /** `DAY CHECK` of every check that did not pass. */
    failed(): readonly string[] {
      const ledger = new DatabaseSync(join(project, 'home', 'ledger.sqlite'), { readOnly: true })
      const rows = ledger.prepare(`SELECT window_id AS window, name AS "check" FROM checks WHERE state <> 'pass'`).all()
      ledger.close()
      return rows.map((row) => `${row['window']} ${row['check']}`).toSorted()
    },
    /** Partitions of models as the ledger has them. */
    builds(): readonly MarketBuild[] {
      const ledger = new DatabaseSync(join(project, 'home', 'ledger.sqlite'), { readOnly: true })
      const rows = ledger.prepare('SELECT model, window_id AS day, state, epoch, checks FROM builds').all()
      ledger.close()
      return rows.map(({ model, day, state, epoch, checks }) => ({
        ...{ model: String(model), day: String(day), state: String(state), epoch: Number(epoch) },
        failed: Checks.parse(JSON.parse(String(checks))).flatMap(({ name, failed }) => (failed > 0 ? [name] : [])),
      }))
    },
  }
}
