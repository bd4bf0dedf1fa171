import { basename } from 'node:path'
import { type Contract, fileOf } from '../../contract/contract.ts'
import { isPattern, matchesFile } from '../../contract/file-name.ts'
import { datesBetween, fromFolderName } from '../../lib/business-date.ts'
import type { BusinessDate, Instant } from '../entities.ts'
import type { Ledger } from '../ports.ts'

/** Facts in the name of a downloaded file. */
interface DownloadName {
  readonly contract: Contract | null
  /** Days that it claims to cover, both included; null when the name has no date. */
  readonly range: { readonly from: BusinessDate; readonly to: BusinessDate } | null
}

const DATE = /(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})/g

/**
 * The contract and the days of a file by its name: `OrderDetails_2021_05_01-2021_05_31 (1).csv`, `Copy of
 * CashEntries-20210501.csv`. Case, blanks and punctuation do not count.
 */
export function readDownloadName(path: string, contracts: readonly Contract[]): DownloadName {
  const name = basename(path).replace(/\.[A-Za-z0-9]+$/, '')
  const dates = [...name.matchAll(DATE)].flatMap(
    ([, year, month, day]) => fromFolderName(`${year}${month}${day}`) ?? [],
  )
  const letters = lettersOf(name.replaceAll(DATE, '')).replace(/^copyof/, '')
  const matches = contracts
    .map((contract) => ({ contract, stem: lettersOf(fileOf(contract).replace(/\.[A-Za-z0-9]+$/, '')) }))
    .filter(({ contract, stem }) =>
      isPattern(fileOf(contract)) ? matchesFile(fileOf(contract), basename(path)) : letters.startsWith(stem),
    )
    .toSorted((a, b) => b.stem.length - a.stem.length)
  const [from, to] = dates.toSorted()
  return { contract: matches[0]?.contract ?? null, range: from === undefined ? null : { from, to: to ?? from } }
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '')
}

/** One business date as one file has it. */
export interface DayCandidate {
  readonly file: string
  readonly stream: string
  readonly date: BusinessDate
  readonly rows: number
  /** The file has the whole day: the day lies inside its range, or between its first and its last date. */
  readonly isWhole: boolean
  readonly modifiedAt: Instant
  /** Where its bytes are on this disk, and how many. */
  readonly local: string
  readonly bytes: number
}

/** A file on this disk. */
export interface StoredFile {
  readonly local: string
  readonly bytes: number
}

/** A download that was taken apart. */
export interface DownloadedFile {
  readonly file: string
  readonly stream: string
  readonly range: DownloadName['range']
  readonly modifiedAt: Instant
  readonly days: readonly (StoredFile & { readonly date: BusinessDate; readonly rows: number })[]
  /** The header alone: a day without rows. */
  readonly empty: StoredFile
  /** True when the day had ended before the file was saved. */
  hadEnded(date: BusinessDate): boolean
}

/** A day that is not taken, and why. */
export interface LeftOut {
  readonly file: string
  readonly date: BusinessDate
  readonly rows: number
  readonly why: string
}

/** Days of one file: those that it can give, and those that it cannot. Days without rows inside its dates are closed days. */
export function candidatesOf(download: DownloadedFile): {
  readonly taken: readonly DayCandidate[]
  readonly left: readonly LeftOut[]
} {
  const { file, stream, range, modifiedAt, days, empty } = download
  const [first, last] = [days[0]?.date, days.at(-1)?.date]
  if (first === undefined || last === undefined) return { taken: [], left: [] }
  const left: LeftOut[] = []
  const taken: DayCandidate[] = []
  for (const date of datesBetween(first, last)) {
    const day = days.find((each) => each.date === date)
    const rows = day?.rows ?? 0
    const isInside = range ? date >= range.from && date <= range.to : date > first && date < last
    const why =
      range && !isInside
        ? `outside of the days that its name says, ${range.from} to ${range.to}`
        : download.hadEnded(date)
          ? null
          : 'the day had not ended when the file was saved'
    if (why !== null) left.push({ file, date, rows, why })
    else taken.push({ file, stream, date, rows, modifiedAt, isWhole: isInside, ...placeOf(day ?? empty) })
  }
  return { taken, left: left.filter(({ rows }) => rows > 0) }
}

const placeOf = ({ local, bytes }: StoredFile): StoredFile => ({ local, bytes })

/**
 * One candidate per stream and day: a file that has the whole day before one that may have a part of it, then the newest. A
 * day that only a part is known of is taken where nothing is loaded yet, and restates nothing.
 */
export function chooseDays(
  candidates: readonly DayCandidate[],
  isLoaded: (stream: string, date: BusinessDate) => boolean,
): { readonly chosen: readonly DayCandidate[]; readonly left: readonly LeftOut[] } {
  const chosen: DayCandidate[] = []
  const left: LeftOut[] = []
  for (const same of Map.groupBy(candidates, ({ stream, date }) => `${stream}/${date}`).values()) {
    const [best, ...others] = same.toSorted(
      (a, b) => Number(b.isWhole) - Number(a.isWhole) || b.modifiedAt - a.modifiedAt || b.rows - a.rows,
    )
    if (!best) continue
    if (!best.isWhole && isLoaded(best.stream, best.date))
      left.push(toLeft(best, 'the file may have a part of the day only, and the day is loaded already'))
    else chosen.push(best)
    left.push(...others.map((other) => toLeft(other, `${basename(best.file)} has the day as well`)))
  }
  return { chosen, left }
}

function toLeft({ file, date, rows }: DayCandidate, why: string): LeftOut {
  return { file, date, rows, why }
}

/** Days of these that have a file in the ledger already, by stream and date. */
export async function loadedDays(
  {
    pipeline,
    shard,
    days,
  }: { readonly pipeline: string; readonly shard: string; readonly days: readonly DayCandidate[] },
  ledger: Pick<Ledger, 'slices'>,
): Promise<(stream: string, date: BusinessDate) => boolean> {
  const dates = days.map(({ date }) => date).toSorted()
  const [from, to] = [dates[0], dates.at(-1)]
  if (from === undefined || to === undefined) return () => false
  const slices = await ledger.slices({ pipeline, shards: [shard], from, to })
  const loaded = new Set(slices.flatMap(({ raw, stream, window }) => (raw === null ? [] : [`${stream}/${window}`])))
  return (stream, date) => loaded.has(`${stream}/${date}`)
}
