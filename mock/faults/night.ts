import type { BusinessDate } from '../../functions/pipeline/entities.ts'
import type { Table } from '../csv.ts'
import type { MockFile } from '../file.ts'
import { generateTables, type MockNight } from '../night.ts'
import { FAULTS, type FaultName, streamOfFile } from './catalog.ts'
import { filesOf, type PlannedFault } from './plan.ts'
import { type PlantedRow, plant, plantingRandom } from './plant.ts'
import { reExport } from './re-export.ts'
import type { MarkedTable } from './rows.ts'

/** 1 is what lies on the server in the morning after; 2 is what comes later: late, completed and corrected files. */
export type Wave = 1 | 2

/** A fault as it was planted: an entry of `faults.json`. */
export interface PlantedFault {
  readonly fault: FaultName
  readonly location: string
  readonly date: BusinessDate
  /** The wave in which it shows. */
  readonly wave: Wave
  readonly files: readonly string[]
  readonly does: string
  readonly expected: string
  /** The rows it touched. */
  readonly rows: readonly PlantedRow[]
}

/** Files of a night, and the faults planted in them. */
interface FaultyNight {
  readonly files: readonly MockFile[]
  readonly faults: readonly PlantedFault[]
}

const MINUTES = 60_000

/** How long after the first files a file of the second wave is written, by what was wrong with it. */
const LATER = { late: 300 * MINUTES, half_written: 40 * MINUTES, re_exported: 2_880 * MINUTES } as const

/** The files of one night in one wave, with its faults. Deterministic, and independent of every other night. */
export function generateFaultyNight(night: MockNight, planned: readonly PlannedFault[], wave: Wave): FaultyNight {
  const concerns = (fault: FaultName) => planned.some((plan) => plan.fault === fault)
  const { tables, writtenAt, menu } = generateTables({
    ...night,
    repeatedHour: night.repeatedHour === true || concerns('dst_night'),
    preOrdered: night.preOrdered === true || concerns('pre_orders'),
  })
  const sources =
    wave === 2 && concerns('re_exported')
      ? reExport(tables, night.date)
      : tables.map((table): MarkedTable => ({ table, marks: [] }))
  const planted = sources.map((source, index) => plantFile(source, { night, planned, wave, index }))
  const files = planted.flatMap(({ name, bytes, delay }) =>
    delay === undefined ? [] : [{ name, bytes, modifiedAt: writtenAt + delay }],
  )
  const extra = wave === 1 && concerns('extra_files') ? extraFiles(tables, writtenAt) : []
  return {
    files: wave === 1 ? [...files, menu, ...extra] : files,
    faults: planned.filter(({ fault }) => wave === waveOf(fault)).map((plan) => report(plan, wave, planted)),
  }
}

/** The wave in which a fault shows. */
function waveOf(fault: FaultName): Wave {
  return fault === 're_exported' ? 2 : 1
}

interface Place {
  readonly night: MockNight
  readonly planned: readonly PlannedFault[]
  readonly wave: Wave
  readonly index: number
}

interface PlantedSource {
  readonly name: string
  readonly bytes: Uint8Array
  /** Milliseconds after the first file of the night; undefined where the file does not appear in this wave. */
  readonly delay: number | undefined
  readonly rows: ReadonlyMap<FaultName, readonly PlantedRow[]>
}

function plantFile(source: MarkedTable, { night, planned, wave, index }: Place): PlantedSource {
  const { file } = source.table
  const faults = planned.filter((plan) => filesOf(plan).includes(file)).map(({ fault }) => fault)
  const stream = streamOfFile(file)
  const delay = appears(faults, wave)
  const name = file
  if (stream === undefined)
    return {
      name,
      ...plant(source, { stream: 'order_details', faults: [], random: plantingRandom(0, '') }),
      delay: delay === undefined ? undefined : delay + index * 1_000,
    }
  const random = plantingRandom(night.seed, `${night.location.id}/${night.date}/${file}`)
  const still = wave === 1 ? faults : faults.filter((fault) => fault !== 'half_written')
  return {
    name,
    ...plant(source, { stream, faults: still, random }),
    delay: delay === undefined ? undefined : delay + index * 1_000,
  }
}

/** Milliseconds by which a file comes after the others in this wave; undefined when it does not come. */
function appears(faults: readonly FaultName[], wave: Wave): number | undefined {
  if (faults.includes('missing')) return undefined
  if (wave === 1) return faults.includes('late') ? undefined : 0
  if (faults.includes('re_exported')) return LATER.re_exported
  if (faults.includes('late')) return LATER.late
  return faults.includes('half_written') ? LATER.half_written : undefined
}

function report(
  { fault, location, date, ...plan }: PlannedFault,
  wave: Wave,
  planted: readonly PlantedSource[],
): PlantedFault {
  const files = filesOf({ fault, location, date, ...plan })
  const rows = planted.filter(({ name }) => files.includes(name)).flatMap((file) => file.rows.get(fault) ?? [])
  const { does, expected } = FAULTS[fault]
  return { fault, location, date, wave, files, does, expected, rows }
}

// The magic of OLE2, as the real AccountingReport.xls begins.
const OLE2 = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

function extraFiles(tables: readonly Table[], writtenAt: number): MockFile[] {
  const header = tables.find(({ file }) => file === 'OrderDetails.csv')?.header.join(',') ?? ''
  const file = (name: string, bytes: Uint8Array): MockFile => ({ name, bytes, modifiedAt: writtenAt + 20_000 })
  return [
    file('AccountingReport.xls', Uint8Array.from([...OLE2, ...new Uint8Array(504)])),
    file('OrderDetails (1).csv', Buffer.from(`${header}\r\n`)),
    file('OrderDetails.csv.filepart', Buffer.from(header)),
    file('.DS_Store', new Uint8Array(16)),
    file('Größe & naïve.txt', Buffer.from('not an export\n')),
  ]
}
