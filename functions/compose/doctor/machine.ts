import { stat } from 'node:fs/promises'
import { instantOf } from '../../lib/business-date.ts'
import { type Checks, fail, pass } from './finding.ts'

/** Clock and installation that the checks of a machine need. */
export interface Machine {
  readonly now: () => number
  /** A file of this installation: a right clock is later than its time. */
  readonly installed: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Checks of the Node that runs this, its time zones and the clock. */
export function machineChecks({ now, installed }: Machine): Checks {
  return {
    async node() {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
      const enough = major > 22 || (major === 22 && minor >= 18)
      return enough ? pass(process.version) : fail(`${process.version} is too old`, 'Install Node 22.18 or later.')
    },
    async 'time zones'() {
      // Without data about zones, noon in New York is not five hours behind UTC in January and four in July.
      const offset = (date: string) =>
        (instantOf(date, '12:00', 'America/New_York') - instantOf(date, '12:00', 'UTC')) / HOUR
      if (offset('2026-01-15') === 5 && offset('2026-07-15') === 4)
        return pass(`IANA ${process.versions.tz ?? ''}`.trim())
      return fail('this Node has no time zone data', 'Use a Node with full ICU data, such as the one in node_modules.')
    },
    async clock() {
      const { mtimeMs } = await stat(installed)
      const text = new Date(now()).toISOString()
      if (now() > mtimeMs - DAY) return pass(text)
      return fail(`${text} is before Daybreak was installed`, 'Set the clock of this machine; readiness depends on it.')
    },
  }
}
