import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const [LOCATION, DATE] = ['185001', '2025-02-05']
const STREAM = 'payment_details'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

function payments(date: string): string {
  const night = generateNight({
    ...{ seed: 3, date, profile: 'small', scale: 0.2, closed: false },
    location: { id: LOCATION, name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  return Buffer.from(night.find(({ name }) => name === 'PaymentDetails.csv')?.bytes ?? '').toString()
}

async function load(world: World, date: string, text: string): Promise<void> {
  await world.write(`${LOCATION}/${date.replaceAll('-', '')}/PaymentDetails.csv`, text)
  await world.run({ scope: { windows: [date] } })
}

/** A world with two dates, of which the first is corrected four days later, and one more that came then. */
async function corrected(): Promise<{ readonly world: World; readonly paymentId: string }> {
  const world = await createWorld({ now: at('2025-02-07T14:00:00Z'), transformer, streams: [STREAM] })
  onTestFinished(() => world.close())
  const text = payments(DATE)
  await load(world, DATE, text)
  await load(world, addDays(DATE, 1), payments(addDays(DATE, 1)))
  await world.clock.sleep(4 * 86_400_000)
  const [head = '', ...rows] = text.split('\r\n')
  const names = head.split(',')
  const place = rows.findIndex((row) => row.split(',').length === names.length)
  const cells = (rows[place] ?? '').split(',')
  for (const name of ['Tip', 'Total']) {
    const column = names.indexOf(name)
    cells[column] = (Number(cells[column]) + 1.25).toFixed(2)
  }
  await load(world, DATE, [head, ...rows.with(place, cells.join(','))].join('\r\n'))
  await load(world, addDays(DATE, -1), payments(addDays(DATE, -1)))
  return { world, paymentId: cells[names.indexOf('Payment Id')] ?? '' }
}

const restated = (world: World, ...words: readonly string[]) =>
  daybreak(['restated', '--project-dir', ROOT, '-o', 'json', ...words], {
    env: { DAYBREAK_HOME: join(world.home, 'data') },
  })

it('lists what was corrected or came late since a date, with its money, and each row of it', async () => {
  const { world, paymentId } = await corrected()
  const { stdout, stderr } = await restated(world, '--since', '2025-02-09')
  expect(stderr).toBe('')
  const slices = JSON.parse(stdout)
  expect(slices.map(({ date, change }: Record<string, string>) => `${date} ${change}`)).toEqual([
    '2025-02-04 late',
    '2025-02-05 corrected',
  ])
  const [, correction] = slices
  expect(correction.before).toBe(correction.now)
  expect(correction.totals).toMatch(/tip \+1\.25\b/)
  expect(correction.totals).not.toContain(' amount ')

  const rows = JSON.parse((await restated(world, '--since', '2025-02-09', '--rows')).stdout)
  const changed = rows.filter(({ change }: Record<string, string>) => change === 'changed')
  expect(new Set(changed.map(({ key }: Record<string, string>) => key))).toEqual(
    new Set([`${LOCATION} / ${paymentId}`]),
  )
  expect(changed.map(({ column }: Record<string, string>) => column).toSorted()).toEqual(['net_total', 'tip', 'total'])
  for (const { from, to } of changed) expect(Number(to) - Number(from)).toBeCloseTo(1.25, 6)
  expect(rows.some(({ date, change }: Record<string, string>) => date === '2025-02-04' && change === 'added')).toBe(
    true,
  )
})

it('lists nothing that was in the tables before the date', async () => {
  const { world } = await corrected()
  expect(await restated(world, '--since', '2025-02-20')).toMatchObject({ code: 0, stdout: '[]\n' })
})
