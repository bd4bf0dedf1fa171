import { parse } from 'csv-parse/sync'
import type { NightBytes } from './read.ts'

/** How a column must look, by its header. Anything not named is free text. */
const PATTERNS: readonly (readonly [RegExp, RegExp])[] = [
  [/^Void Date$/, /^$|^\d{1,2}\/\d{1,2}\/\d{4} (1[0-2]|[1-9]):[0-5]\d [AP]M$/],
  [
    /^(Opened|Paid|Closed|Sent Date|Order Date|Paid Date|Refund Date|Created Date|Check Opened|Fired Date|Fulfilled Date|In Date|Out Date)$/,
    /^$|^[1-9]\d?\/[1-9]\d?\/\d\d (1[0-2]|[1-9]):[0-5]\d [AP]M$/,
  ],
  [/^Opened Date$/, /^$|^[1-9]\d?\/[1-9]\d?\/\d\d$/],
  [/^Opened Time$/, /^$|^(1[0-2]|[1-9]):[0-5]\d [AP]M$/],
  [
    /^(Gross Price|Discount|Net Price|Amount|Tip|Gratuity|Total|Swiped Card Amount|Keyed Card Amount|Amount Tendered|Discount Amount|Gross Amount|Void Amount|Net Amount|Gross Amount \(incl voids\))$/,
    /^-?(0|[1-9]\d*)\.\d\d$/,
  ],
  [/^(Refund Amount|Refund Tip Amount|V\/MC\/D Fees)$/, /^$|^\d+\.\d\d$/],
  [/^(Order Id|Check Id|Payment Id|Item Selection Id|Entry Id|ID)$/, /^[1-9]\d{15,18}$/],
  [/^(Item Id|Item ID|Master Id|Master ID|Parent ID)$/, /^$|^-1$|^-?[1-9]\d{15,18}$/],
  [/^(Voided|Void\?|Deferred|Tax Exempt)$/, /^(true|false)$/],
  [/^(Qty|Item Qty|Void Qty|Item Qty \(incl voids\))$/, /^\d+\.\d+$/],
  [/^%/, /^0$|^\d\.\d{1,20}(E-[4-9])?$/],
  [/^(Checks)$/, /^\d+(, \d+)*$/],
  [/^Duration/, /^$|^-?\d{2,}:-?[0-5]\d:-?[0-5]\d$/],
]

/** Everything in which the bytes of a night differ from Toast's: encoding, row ends, quoting, headers, how values are written. */
export function formatFindings(night: NightBytes, headers: ReadonlyMap<string, string>): string[] {
  return [...night]
    .filter(([file]) => file.endsWith('.csv'))
    .flatMap(([file, bytes]) => [...fileFindings(file, bytes, headers.get(file))].map((what) => `${file}: ${what}`))
}

function* fileFindings(file: string, bytes: Uint8Array, header: string | undefined): Iterable<string> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  if (text.startsWith('\uFEFF')) yield 'has a byte order mark'
  const records: string[][] = parse(text, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] })
  if (rewrite(records) !== text) yield 'is not minimal RFC 4180 with CRLF'
  const [names = [], ...rows] = records
  if (header !== undefined && names.join(',') !== header) yield 'has another header'
  if (rows.some((row) => row.length !== names.length)) yield 'has a row with another number of fields'
  for (const [index, name] of names.entries()) {
    const value = rows.map((row) => row[index]!).find((field) => !patternOf(file, name).test(field))
    if (value !== undefined) yield `${name} is written ${JSON.stringify(value)}`
  }
}

function patternOf(file: string, name: string): RegExp {
  if (name === 'Tax') return file === 'ItemSelectionDetails.csv' ? /^(0E-8|\d+\.\d{8})$/ : /^\d+\.\d\d$/
  if (name === 'Avg Price') return /^\d+\.\d{1,18}(E-\d)?$/
  if (file === 'TimeEntries.csv') return /^/
  return PATTERNS.find(([column]) => column.test(name))?.[1] ?? /^/
}

/** A writer of a few lines that quotes nothing it need not. */
function rewrite(records: readonly (readonly string[])[]): string {
  const field = (text: string) => (/["\r\n,]/.test(text) ? `"${text.split('"').join('""')}"` : text)
  return records.map((record) => `${record.map(field).join(',')}\r\n`).join('')
}
