import { carriedColumns } from '../../contract/carried.ts'
import type { Column, Contract } from '../../contract/contract.ts'
import { headersOf } from '../../contract/drift.ts'
import { DaybreakError } from '../../errors.ts'
import { SPREADSHEET } from '../rejects/cause.ts'
import { decode, type Encoding } from './encoding.ts'
import { parseRecord, recordSpans } from './record.ts'

/** Records after the header that are looked at. */
const SAMPLE = 20
const SCIENTIFIC = new RegExp(`^(?:${SPREADSHEET.pattern})$`)
/** An id that fills more digits than a spreadsheet keeps, of which it makes zeros. */
const ROUNDED = /^-?[0-9]{13,}000$/

/** The fields of the first records of a file, from its first bytes, its mark left out. */
export function sampleOf(start: Buffer, encoding: Encoding): readonly (readonly string[])[] {
  const sample: (readonly string[])[] = []
  let first = true
  for (const span of recordSpans(start)) {
    // The last one may go on after these bytes.
    if (span.end === start.length || sample.length === SAMPLE) break
    const parsed = parseRecord(decode(start.subarray(span.start, span.end), encoding))
    if (!first && 'fields' in parsed) sample.push(parsed.fields)
    first = false
  }
  return sample
}

/** Parts of a file that are examined. */
interface Sampled {
  readonly name: string
  readonly contract: Contract
  readonly positions: ReadonlyMap<string, number>
  readonly sample: readonly (readonly string[])[]
}

/** A spreadsheet keeps 15 digits of a number and writes long ones with an exponent. @throws {DaybreakError} FILE_SPREADSHEET. */
export function refuseSpreadsheet({ name, contract, positions, sample }: Sampled): void {
  for (const column of contract.columns) {
    const position = positions.get(column.name)
    if (column.pattern === undefined || position === undefined) continue
    const ids = sample.flatMap((fields) => fields[position]?.trim() || [])
    const scientific = ids.filter((id) => SCIENTIFIC.test(id))
    if (scientific.length > 0 && 2 * scientific.length >= ids.length)
      throw rewritten(name, column, `in scientific notation, such as ${scientific[0] ?? ''}`)
    if (tellsRowsApart(column, contract) && ids.length >= 3 && ids.every((id) => ROUNDED.test(id)))
      throw rewritten(name, column, `rounded to their first digits, such as ${ids[0] ?? ''}`)
  }
}

/** True for an id that no two rows share. */
function tellsRowsApart({ name }: Column, contract: Contract): boolean {
  const { checks, key } = contract
  const carried = carriedColumns(contract).map((column) => column.name)
  const alone = (columns: readonly string[]): boolean => {
    const own = columns.filter((column) => !carried.includes(column))
    return own.length === 1 && own[0] === name
  }
  return alone(key) || checks.some((check) => 'unique' in check && alone(check.unique))
}

function rewritten(file: string, column: Column, problem: string): DaybreakError {
  const header = headersOf(column)[0] ?? column.name
  return new DaybreakError('FILE_SPREADSHEET', `the ids under \`${header}\` of ${file} are ${problem.slice(0, 80)}`)
}
