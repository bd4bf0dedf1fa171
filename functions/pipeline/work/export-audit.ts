import { createHash } from 'node:crypto'
import { DaybreakError } from '../../errors.ts'
import { addDays, datesBetween, instantOf, localDate } from '../../lib/business-date.ts'
import type { BusinessDate, Instant } from '../entities.ts'
import type { LedgerReads, TimePlace } from '../people/reads.ts'
import type { AuditRecord } from '../people/records.ts'
import type { Ledger, Ports } from '../ports.ts'

/** Ports that the audit is exported and verified with. */
interface AuditPorts extends Pick<Ports, 'objects' | 'clock'> {
  readonly ledger: Pick<Ledger, 'mark' | 'apply'> & { readonly reads: Pick<LedgerReads, 'auditPage'> }
}

const MARK = 'audit/exported'
const PREFIX = 'audit/'
const FORMAT = 1
const PART = 500
const HOUR = 3_600_000
// Transactions that recorded an entry of the day have ended by then.
const GRACE = HOUR
// Days of one call: an installation that was off for a year catches up over some sweeps.
const MOST_DAYS = 31
// No audit is older.
const EARLIEST = '2020-01-01'

/**
 * Writes the audit of each day that is over in UTC into an object of its own, `audit/2026-11-29.jsonl`: a header, and the entries
 * from the oldest on. The header holds the hash of the file before, so that no file can be taken out or changed unseen. A day
 * without entries has a file as well. Objects are created once and never replaced, and a day has the same bytes from every writer, so a
 * process that dies in between, or two at once, make one file. Returns the days that it exported.
 * @throws {DaybreakError} OBJECT_CONFLICT for a day whose file has other entries than the ledger; STORAGE_FAILED.
 */
export async function exportAudit(ports: AuditPorts): Promise<readonly BusinessDate[]> {
  const { ledger, objects, clock } = ports
  const last = addDays(localDate(clock.now() - GRACE, 'UTC'), -1)
  let done = fromMark((await ledger.mark(MARK))?.value)
  const first = done === null ? await firstDay(ports, last) : addDays(done.date, 1)
  if (first > last) return []
  const dates = datesBetween(first, last).slice(0, MOST_DAYS)
  for (const date of dates) {
    const content = await fileOf(date, { previous: done?.hash ?? null, reads: ledger.reads })
    await objects.put(nameOf(date), content)
    done = { date, hash: hashOf(content) }
    await ledger.apply([{ change: 'mark', mark: { name: MARK, value: toMark(done), at: clock.now() } }])
  }
  return dates
}

/** Something that is wrong with the exported audit. */
interface AuditFault {
  readonly date: BusinessDate
  readonly message: string
}

/** Result of a comparison of the exported audit with itself and with the ledger. */
interface AuditVerdict {
  readonly days: number
  readonly entries: number
  readonly faults: readonly AuditFault[]
}

/** Reads every exported file, and compares its chain of hashes, its days and its entries with those of the ledger. */
export async function verifyAudit({ ledger, objects }: Omit<AuditPorts, 'clock'>): Promise<AuditVerdict> {
  const last = fromMark((await ledger.mark(MARK))?.value)
  const faults: AuditFault[] = []
  let [days, entries] = [0, 0]
  let before: Exported | null = null
  for await (const { name } of objects.list(PREFIX)) {
    const date = name.slice(PREFIX.length, -SUFFIX.length)
    const content = await objects.get(name)
    const header = headerOf(content)
    for (const missing of before === null ? [] : datesBetween(addDays(before.date, 1), addDays(date, -1)))
      faults.push({ date: missing, message: 'has no file' })
    if (header === null) faults.push({ date, message: `${name} begins with no header` })
    else if (header.previous !== (before?.hash ?? null))
      faults.push({ date, message: 'follows another file than the one of the day before: one of them was changed' })
    const expected = await fileOf(date, { previous: header?.previous ?? null, reads: ledger.reads })
    if (hashOf(expected) !== hashOf(content))
      faults.push({
        date,
        message: `differs from the ledger; entries of that day there: ${headerOf(expected)?.entries}`,
      })
    days++
    entries += header?.entries ?? 0
    before = { date, hash: hashOf(content) }
  }
  if (last !== null && before?.date !== last.date)
    faults.push({ date: last.date, message: 'was exported last, and its file is not the newest' })
  return { days, entries, faults }
}

const SUFFIX = '.jsonl'

function nameOf(date: BusinessDate): string {
  return `${PREFIX}${date}${SUFFIX}`
}

/** Day that was exported last, and the hash of its file. */
interface Exported {
  readonly date: BusinessDate
  readonly hash: string
}

function toMark({ date, hash }: Exported): string {
  return `${date} ${hash}`
}

function fromMark(value: string | undefined): Exported | null {
  const [, date, hash] = /^(\S+) (\S+)$/.exec(value ?? '') ?? []
  return date === undefined || hash === undefined ? null : { date, hash }
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

interface Filing {
  readonly previous: string | null
  readonly reads: Pick<LedgerReads, 'auditPage'>
}

/** The file of a day. Entries are few: one for each action of a person, some hundred bytes long. */
async function fileOf(date: BusinessDate, { previous, reads }: Filing): Promise<Uint8Array> {
  const range = { from: startOf(date), to: startOf(addDays(date, 1)) }
  const records: AuditRecord[] = []
  for (let after: TimePlace | null = null; ; ) {
    const part: Awaited<ReturnType<typeof reads.auditPage>> = await reads.auditPage({ ...range, limit: PART, after })
    records.push(...part.rows)
    after = part.next
    if (after === null) break
  }
  const header: Header = { format: FORMAT, date, entries: records.length, previous }
  const lines = [header, ...records.toReversed()].map((line) => `${JSON.stringify(line)}\n`)
  return new TextEncoder().encode(lines.join(''))
}

interface Header {
  readonly format: typeof FORMAT
  readonly date: BusinessDate
  readonly entries: number
  readonly previous: string | null
}

function headerOf(content: Uint8Array): Header | null {
  const [line = ''] = new TextDecoder().decode(content).split('\n', 1)
  try {
    const header: Partial<Header> | null = JSON.parse(line)
    const { date, entries, previous } = header ?? {}
    if (header?.format !== FORMAT || date === undefined || entries === undefined || previous === undefined) return null
    return { format: FORMAT, date, entries, previous }
  } catch {
    return null
  }
}

function startOf(date: BusinessDate): Instant {
  return instantOf(date, '00:00', 'UTC')
}

/** Day of the oldest entry, at most the last day: found by halving, a dozen reads once in the life of a ledger. */
async function firstDay({ ledger }: AuditPorts, last: BusinessDate): Promise<BusinessDate> {
  if (last < EARLIEST) throw new DaybreakError('INTERNAL', `the clock shows a day before ${EARLIEST}`)
  const days = datesBetween(EARLIEST, last)
  let [low, high] = [0, days.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { rows } = await ledger.reads.auditPage({ to: startOf(days[middle + 1] ?? last), limit: 1 })
    if (rows.length > 0) high = middle
    else low = middle + 1
  }
  return days[low] ?? last
}
