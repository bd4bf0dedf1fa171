import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { ErrorCode } from '../../../functions/errors.ts'
import { type Drill, deliver, isWell, printed } from './drill.ts'
import { CONTRACT, csv, DAY, ENVIRONMENT, type Home, ORDERS, orders, PAYMENTS, payments } from './home.ts'

/** The sender delivers the file of the day as it should be. */
const anew = (home: Home) => home.write(ORDERS, orders())

/** Drills of delivered files: their form, their header, their rows and their checks. */
export const FILES = {
  FILE_EMPTY: { provoke: deliver(ORDERS, ''), person: anew },
  FILE_UNREADABLE: { provoke: deliver(ORDERS, Buffer.from([0xff, 0xfe, 0x00, 0x81, 0x8d, 0x0a])), person: anew },
  FILE_TRUNCATED: { provoke: deliver(ORDERS, orders().slice(0, -12)), person: anew },
  FILE_TOO_WIDE: {
    provoke: deliver(ORDERS, `Order Id,Amount,Tax,${Array.from({ length: 2_100 }, (_, n) => `C${n}`).join(',')}\r\n`),
    person: anew,
  },
  FILE_SPREADSHEET: {
    provoke: deliver(
      ORDERS,
      orders((row) => row.replace(/^\d+/, '9.00719E+15')),
    ),
    person: anew,
  },
  FILE_ARCHIVE_INVALID: {
    async provoke(home) {
      await home.remove(ORDERS)
      return await deliver(`${ORDERS}.gz`, gzipSync(orders()).subarray(0, 60))(home)
    },
    async person(home) {
      await home.remove(`${ORDERS}.gz`)
      await anew(home)
    },
  },
  FILE_TOO_LARGE: {
    async provoke(home) {
      await home.edit(ENVIRONMENT, 'root: inbox', 'root: inbox, max_file_bytes: 100')
      await home.write(`${DAY}/Notes.txt`, 'x'.repeat(101))
      return await deliver(
        ORDERS,
        orders((row, n) => (n === 0 ? row.replace(',1.00', ',10.00') : row)),
      )(home)
    },
    person: (home) => home.edit(ENVIRONMENT, 'max_file_bytes: 100', 'max_file_bytes: 100000'),
    async well(home) {
      await isWell(home)
      expect((await home.run('daybreak slices files -o json')).stdout).toMatch(/"bytes":101,"raw":"\w+"/)
    },
  },
  FILE_NOT_ARCHIVED: {
    async provoke(home) {
      for (let n = 0; n < 102; n++) await home.write(`${DAY}/note-${n}.txt`, String(n))
      await home.run('daybreak run toast')
      return printed(await home.run('daybreak incidents list'))
    },
    async person(home) {
      for (let n = 0; n < 102; n++) await home.remove(`${DAY}/note-${n}.txt`)
    },
  },
  DRIFT_MISSING_REQUIRED: {
    provoke: deliver(ORDERS, orders().replace('Order Id', 'Order Number')),
    person: anew,
    leaves: { 'daybreak contract accept': 'the column was left out of a download, and not renamed' },
  },
  DRIFT_DUPLICATE_COLUMN: { provoke: deliver(ORDERS, orders().replace('Tax', 'Amount')), person: anew },
  DRIFT_NEW_COLUMN: {
    provoke: deliver(ORDERS, orders((row) => `${row},x`).replace('Tax', 'Tax,Guests')),
    person: (home) => home.edit(CONTRACT, 'new_column: quarantine', 'new_column: warn'),
  },
  ROWS_REJECTED: {
    async provoke(home) {
      await deliver(
        ORDERS,
        orders((row, n) => (n === 5 ? row.replace('1.00', 'one') : row)),
      )(home)
      return printed(await home.run('daybreak incidents list'))
    },
    person: anew,
  },
  REJECT_BUDGET_EXCEEDED: {
    provoke: deliver(
      ORDERS,
      orders((row) => row.replace(/1\.00$/, 'one')),
    ),
    person: anew,
  },
  CHECK_FAILED: {
    async provoke(home) {
      await deliver(
        ORDERS,
        orders((row, n) => (n === 5 ? row.replace(/1\.00$/, '99.00') : row)),
      )(home)
      return printed(await home.run('daybreak incidents list'))
    },
    person: anew,
  },
  CHECK_BLOCKED: { provoke: deliver(ORDERS, csv('Order Id,Amount,Tax', ['1,1.00,0.10', '1,1.00,0.10'])), person: anew },
  DAY_DISPUTED: {
    provoke: deliver(
      PAYMENTS,
      payments((row, n) => (n < 30 ? row.replace('.00', '.75') : row)),
    ),
    person: (home) => home.write(PAYMENTS, payments()),
  },
  FILE_HELD: {
    provoke: (home) => deliver(ORDERS, orders(undefined, 40))(home),
    // Right after all: the payments of the day say so as well.
    person: async (home) => {
      const [header = '', ...rows] = payments().trimEnd().split('\r\n')
      await home.write(PAYMENTS, csv(header, rows.slice(0, 40)))
    },
  },
} satisfies Partial<Record<ErrorCode, Drill>>
