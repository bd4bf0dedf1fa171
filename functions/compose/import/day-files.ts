import { appendFile } from 'node:fs/promises'
import type { StoredFile } from '../../pipeline/work/downloads.ts'

/** Files that are written piece by piece, a day each. */
interface DayFiles {
  write(date: string, bytes: Buffer): Promise<void>
  /** Writes what is held. The files are whole then. */
  finish(): Promise<void>
  /** The file of a day. */
  file(date: string): StoredFile
}

const MOST_HELD = 8 * 1024 * 1024

interface Day extends StoredFile {
  bytes: number
  held: Buffer[]
}

/** Writes days into files of this prefix. Holds 8 MiB at most of all days together, and no file open. */
export function createDayFiles(prefix: string): DayFiles {
  const days = new Map<string, Day>()
  let held = 0
  const flush = async () => {
    for (const day of days.values()) {
      if (day.held.length > 0) await appendFile(day.local, Buffer.concat(day.held))
      day.held = []
    }
    held = 0
  }
  return {
    async write(date, bytes) {
      const day = days.get(date) ?? { local: `${prefix}-${date}`, bytes: 0, held: [] }
      days.set(date, day)
      day.held.push(Buffer.from(bytes))
      day.bytes += bytes.length
      held += bytes.length
      if (held > MOST_HELD) await flush()
    },
    finish: flush,
    file(date) {
      const { local, bytes } = days.get(date) ?? { local: `${prefix}-${date}`, bytes: 0 }
      return { local, bytes }
    },
  }
}
