import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { completeness, shownStreams } from '../../functions/pipeline/views/status.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const OPTIONAL = ['ModifiersSelectionDetails.csv', 'TimeEntries.csv', 'HouseAccountExport.csv']
const scope = { windows: [DATE] }

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T13:30:00Z'), transformer })
})
afterEach(() => world.close())

const night = generateNight({
  seed: 1,
  date: DATE,
  profile: 'small',
  location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
})

async function deliver(isMeant: (name: string) => boolean): Promise<void> {
  for (const { name, bytes } of night) if (isMeant(name)) await world.write(`${FOLDER}/${name}`, bytes)
}

async function query(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const daybreak = await world.open()
  return (
    await warehouseOf(daybreak.ports, 'toast')
      .query(sql)
      .finally(() => daybreak.close())
  ).rows
}

/** States by stream, the columns that `status` shows, its verdict, and what is open. */
async function standing() {
  const daybreak = await world.open()
  try {
    const { ledger } = daybreak.ports
    const [slices, incidents] = [await ledger.slices({}), await ledger.incidents({ states: ['open'] })]
    const definition = daybreak.definitions.get('toast')!
    const rows = completeness(definition, slices, { from: DATE, to: DATE, now: world.clock.now() })
    return {
      slices: Object.fromEntries(slices.map(({ stream, state }) => [stream, state])),
      shown: shownStreams(definition, rows),
      verdicts: rows.map(({ verdict }) => verdict.state),
      incidents: incidents.map(({ key }) => key),
    }
  } finally {
    await daybreak.close()
  }
}

it('loads the optional files of a night that has them, and their sums tie', async () => {
  await deliver((name) => name.endsWith('.csv'))
  expect(await world.run({ scope })).toMatchObject({ state: 'succeeded', counts: { slices: 10, rejected: 0 } })
  const { slices, shown, verdicts } = await standing()
  expect(new Set(Object.values(slices))).toEqual(new Set(['loaded']))
  expect(shown).toHaveLength(10)
  expect(verdicts).toEqual(['complete'])
  const [modifiers] = await query(`
    SELECT count(*) > 0, bool_and(gross_price - discount = net_price), bool_and(m.check_id IN (SELECT check_id FROM toast.check_details))
    FROM toast.modifiers_selection_details m`)
  expect(modifiers).toEqual(['true', 'true', 'true'])
  const [dearer] = await query(`
    WITH extra AS (SELECT check_id, parent_menu_selection_item_id AS item, sum(gross_price) AS price FROM toast.modifiers_selection_details GROUP BY ALL),
    sold AS (SELECT check_id, item_id AS item, sum(gross_price) AS price FROM toast.item_selection_details GROUP BY ALL)
    SELECT count(*) FROM extra LEFT JOIN sold USING (check_id, item) WHERE coalesce(sold.price, -1) < extra.price`)
  expect(dearer).toEqual(['0'])
  const [shifts] = await query(`
    SELECT count(*) > 0, bool_and(regular_hours + overtime_hours = payable_hours),
      bool_and(abs(date_diff('minute', in_at, out_at) / 60.0 - total_hours) <= 0.02),
      bool_and(total_tips = non_cash_tips)
    FROM toast.time_entries`)
  expect(shifts).toEqual(['true', 'true', 'true', 'true'])
})

it('misses no optional file on a day that is late, and its status is that of the seven', async () => {
  await deliver((name) => name.endsWith('.csv') && !OPTIONAL.includes(name))
  expect(await world.run({ scope })).toMatchObject({ state: 'succeeded', counts: { slices: 7 } })
  const { slices, shown, verdicts, incidents } = await standing()
  expect(Object.keys(slices)).toHaveLength(7)
  expect(shown).toHaveLength(7)
  expect(verdicts).toEqual(['complete'])
  expect(incidents).toEqual([])
})

it('reads an optional file that comes after the others, and shows its stream from then on', async () => {
  await deliver((name) => name.endsWith('.csv') && !OPTIONAL.includes(name))
  await world.run({ scope })
  await deliver((name) => name === 'TimeEntries.csv')
  expect(await world.run({ scope })).toMatchObject({ state: 'succeeded' })
  const { slices, shown } = await standing()
  expect(slices).toMatchObject({ time_entries: 'loaded' })
  expect(shown).toHaveLength(8)
  expect(shown).toContain('time_entries')
})
