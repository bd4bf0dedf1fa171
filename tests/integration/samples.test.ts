import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import type { DayVerdict } from '../../functions/pipeline/steps/verdict.ts'
import { completeness } from '../../functions/pipeline/views/status.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

/** Real exports, de-identified, where a folder next to the checkout has them. They are not part of the project. */
const SAMPLES = join(ROOT, '../shared/toast/samples')
const present = existsSync(SAMPLES)
const title = present ? 'real exports' : 'real exports (skipped: not present)'

/** Money columns by file: header, and the column of the table. */
const MONEY: Readonly<Record<string, { readonly stream: string; readonly columns: Readonly<Record<string, string>> }>> =
  {
    'OrderDetails.csv': {
      stream: 'order_details',
      columns: { Amount: 'amount', Tax: 'tax', Tip: 'tip', Total: 'total' },
    },
    'CheckDetails.csv': { stream: 'check_details', columns: { Total: 'total', Tax: 'tax' } },
    'PaymentDetails.csv': { stream: 'payment_details', columns: { Amount: 'amount', Total: 'total' } },
    'ItemSelectionDetails.csv': { stream: 'item_selection_details', columns: { 'Net Price': 'net_price', Tax: 'tax' } },
    'AllItemsReport.csv': { stream: 'all_items_report', columns: { 'Net Amount': 'net_amount' } },
    'KitchenTimings.csv': { stream: 'kitchen_timings', columns: {} },
    'CashEntries.csv': { stream: 'cash_entries', columns: { Amount: 'amount' } },
    'ModifiersSelectionDetails.csv': {
      stream: 'modifiers_selection_details',
      columns: { 'Gross Price': 'gross_price', Discount: 'discount', 'Net Price': 'net_price', Qty: 'qty' },
    },
    'TimeEntries.csv': {
      stream: 'time_entries',
      columns: {
        'Total Hours': 'total_hours',
        'Cash Tips Declared': 'cash_tips_declared',
        'Non Cash Tips': 'non_cash_tips',
        'Total Tips': 'total_tips',
        'Total Pay': 'total_pay',
      },
    },
    'HouseAccountExport.csv': { stream: 'house_account_export', columns: {} },
  }

/** Exact decimal to integer at nine places; understands E-notation. */
function toNano(text: string): bigint {
  const [mantissa = '0', exponent = '0'] = text.toUpperCase().split('E')
  const [whole = '0', fraction = ''] = mantissa.replace('-', '').split('.')
  const shift = 9 - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  return mantissa.startsWith('-') ? -value : value
}

const cases = present
  ? ([
      ['sftp-20250205-deidentified', '2025-02-05', '.csv'],
      ['mattemmett-20240410', '2024-04-10', '.csv'],
      ['edge-cases-deidentified', '2021-06-02', '.cp1252.csv'],
    ] as const)
  : []

describe.skipIf(!present)(title, () => {
  let transformer: Transformer
  beforeAll(async () => {
    transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  })
  afterAll(() => transformer?.close())

  it.each(cases)('%s: every row and cent is in the table or among the rejects', async (folder, date, ending) => {
    const world: World = await createWorld({ now: at('2026-01-01T00:00:00Z'), transformer })
    try {
      const files = readdirSync(join(SAMPLES, folder)).filter((name) => MONEY[name.replace(ending, '.csv')])
      for (const name of files) {
        await world.write(
          `185001/${date.replaceAll('-', '')}/${name.replace(ending, '.csv')}`,
          readFileSync(join(SAMPLES, folder, name)),
        )
      }
      // The chosen rows of many days are no day, so they wait until a person forces them.
      const isDay = folder !== 'edge-cases-deidentified'
      const run = await world.run({ trigger: 'import', scope: { windows: [date], ...(!isDay && { force: true }) } })
      const daybreak = await world.open()
      const { ledger } = daybreak.ports
      const warehouse = warehouseOf(daybreak.ports, 'toast')
      const slices = await ledger.slices({})
      for (const name of files) {
        const { stream, columns } = MONEY[name.replace(ending, '.csv')]!
        const records: Record<string, string>[] = parse(readFileSync(join(SAMPLES, folder, name), 'latin1'), {
          columns: true,
          bom: true,
          relax_quotes: true,
        })
        const slice = slices.find((one) => one.stream === stream)
        expect(slice?.state, `${name}: ${slice?.reason?.message}`).toBe('loaded')
        const counts = slice?.delivery?.counts
        expect((counts?.accepted ?? 0) + (counts?.rejected ?? 0), name).toBe(records.length)
        expect(counts?.rejected, `${name}: rejected rows`).toBe(0)
        for (const [header, column] of Object.entries(columns)) {
          const expected = records.reduce((sum, record) => sum + toNano(record[header] || '0'), 0n)
          const { rows } = await warehouse.query(
            `SELECT CAST(coalesce(sum("${column}"), 0) AS VARCHAR) FROM toast."${stream}"`,
          )
          expect(toNano(rows[0]?.[0] ?? '0'), `${name}: ${header}`).toBe(expected)
        }
      }
      await daybreak.close()
      if (isDay) expect(run, run.reason?.message).toMatchObject({ state: 'succeeded', reason: null })
      expect((await verdictOf(world, date))?.state ?? 'complete').toBe(isDay ? 'complete' : 'disputed')
    } finally {
      await world.close()
    }
  })
})

/** Findings about the day of the one location. A folder that is imported need not hold all files. */
async function verdictOf(world: World, date: string): Promise<DayVerdict | undefined> {
  const daybreak = await world.open()
  try {
    const { ledger } = daybreak.ports
    const range = { from: date, to: date }
    const disputes = (await ledger.checks({ ...range, failed: true })).filter(({ effect }) => effect === 'dispute')
    const definition = daybreak.definitions.get('toast')!
    const rows = completeness(definition, await ledger.slices(range), { ...range, now: world.clock.now(), disputes })
    return rows[0]?.verdict
  } finally {
    await daybreak.close()
  }
}
