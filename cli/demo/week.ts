import { mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Instant, Location } from '../../functions/pipeline/entities.ts'
import { type WrittenFile, writeTree } from '../../mock/tree.ts'

/** Monday to Sunday; clocks go back in the night to Sunday, so Saturday's business day has 25 hours. */
export const FIRST_DATE = '2026-10-26'
const DAYS = 7
/** Last business date of the demo's week. */
export const LAST_DATE = '2026-11-01'

/** Faults of the demo's week, with their places. `daybreak mock --help` has the names. */
const FAULTS = [
  'late@185001/2026-10-27/kitchen_timings',
  're_exported@185002/2026-10-27/payment_details',
  'missing@185003/2026-10-28/cash_entries',
  'zero_bytes@185002/2026-10-28/cash_entries',
  'bad_rows@185001/2026-10-29/order_details',
  'wrong_field_count@185002/2026-10-29/item_selection_details',
  'embedded_newlines@185003/2026-10-29/item_selection_details',
  'drifted_column@185002/2026-10-30/order_details',
  'renamed_required_column@185003/2026-10-30/payment_details',
  'windows_1252@185001/2026-10-30/order_details',
  'reordered_columns@185001/2026-10-31/payment_details',
  'half_written@185003/2026-10-31/item_selection_details',
  'dst_night@185001/2026-10-31',
]

/** A mock week whose files appear on the server when their time has come. */
export interface Week {
  /** Moves the files written by that instant to the server, and returns the new ones. */
  reveal(now: Instant): readonly WrittenFile[]
}

/** Folders, locations and seed of the demo's week. */
interface WeekOptions {
  /** Folder that plays the root of the server. */
  readonly server: string
  /** Folder on the same disk, for files whose time has not come. */
  readonly backstage: string
  readonly locations: readonly Location[]
  readonly seed: number
}

/** Makes the week, both what is there in the mornings and what comes late or corrected; nothing is on the server yet. */
export function createWeek({ server, backstage, locations, seed }: WeekOptions): Week {
  const plan = { locations, seed, startDate: FIRST_DATE, days: DAYS, faults: FAULTS }
  const waiting = ([1, 2] as const).flatMap((wave) => {
    const out = join(backstage, String(wave))
    const { files } = writeTree({ ...plan, out, closed: [{ location: '185003', date: FIRST_DATE }] }, wave)
    return files.map((file) => ({ ...file, out }))
  })
  return {
    reveal(now) {
      const due = waiting.filter(({ modifiedAt }) => modifiedAt <= now).toSorted((a, b) => a.modifiedAt - b.modifiedAt)
      for (const file of due) {
        waiting.splice(waiting.indexOf(file), 1)
        mkdirSync(dirname(join(server, file.path)), { recursive: true })
        renameSync(join(file.out, file.path), join(server, file.path))
      }
      return due
    },
  }
}
