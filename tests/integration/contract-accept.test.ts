import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'

const LOCATION = { id: '12', name: '12', timeZone: 'America/Chicago', closeoutHour: 4 }
const DATE = '2022-08-09'
const FILE = 'config/contracts/toast/payment_details.yaml'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-accept-'))
  await writeLightProject(folder)
  for (const { name, bytes } of generateNight({ seed: 3, location: LOCATION, date: DATE, profile: 'small' })) {
    if (name !== 'PaymentDetails.csv') continue
    const path = join(folder, 'exports/12/20220809', name)
    await mkdir(dirname(path), { recursive: true })
    const [header = '', ...rows] = Buffer.from(bytes).toString('utf8').split('\n')
    await writeFile(path, [header.replace('Payment Id', 'Payment GUID'), ...rows].join('\n'))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (...argv: string[]) => daybreak(argv, { cwd: folder, clock: systemClock })

it('has nothing to accept before a file is quarantined', async () => {
  expect((await run('contract', 'accept')).stdout).toContain('Nothing to accept')
})

it('shows the drift of a quarantined file and writes nothing until it is told to', async () => {
  expect((await run('import', 'exports', '--time-zone', 'America/Chicago')).code).toBe(4)
  const before = await readFile(join(folder, FILE), 'utf8')
  const { code, stdout } = await run('contract', 'accept', 'payment_details')
  expect(code).toBe(4)
  expect(stdout).toMatch(/payment_details +renamed +payment_id +Payment GUID/)
  expect((await run('contract', 'accept', 'payment_details', '--dry-run')).stdout).toContain(
    '["Payment Id", "Payment GUID"]',
  )
  expect(await readFile(join(folder, FILE), 'utf8')).toBe(before)
})

it('takes another header for the new name when it is told to, or makes the column optional where none is like it', async () => {
  const other = await run('contract', 'accept', '--rename', 'payment_id=Last 4 Card Digits', '-o', 'json')
  expect(other.stdout).toContain('removed')
})

it('edits one line, says the next command, and that command loads the file', async () => {
  const before = await readFile(join(folder, FILE), 'utf8')
  const { code, stdout } = await run('contract', 'accept', 'payment_details', '--yes')
  expect(code).toBe(0)
  const after = await readFile(join(folder, FILE), 'utf8')
  const changed = after.split('\n').filter((line, index) => line !== before.split('\n')[index])
  expect(changed).toHaveLength(1)
  expect(changed[0]).toContain('from: ["Payment Id", "Payment GUID"]')
  expect((await run('validate')).code).toBe(0)
  const [, next = ''] = /Next: daybreak (.*)/.exec(stdout) ?? []
  const replayed = await run(...next.split(' '))
  expect(replayed.code).toBe(0)
  expect((await run('slices', 'list', '--state', 'loaded')).stdout).toContain('payment_details')
})

it('takes a key that was renamed in a JSON file', async () => {
  const pipeline = join(folder, 'config/pipelines/toast.yaml')
  const text = await readFile(pipeline, 'utf8')
  await writeFile(pipeline, text.replace('  # - menu_items', '  - menu_items'))
  const menu = join(folder, 'menus/12/20220809')
  await mkdir(menu, { recursive: true })
  const items = '{"guid":"i1","itemName":"Soup","price":4.10},{"guid":"i2","itemName":"Pie","price":5.00}'
  await writeFile(join(menu, 'MenuExport_a.json'), `[{"guid":"m","groups":[{"guid":"g","items":[${items}]}]}]`)
  expect((await run('import', 'menus')).code).toBe(4)
  const { code, stdout } = await run('contract', 'accept', 'menu_items', '--rename', 'name=itemName', '--yes')
  expect(stdout).toMatch(/menu_items +renamed +item +itemName/)
  expect(code).toBe(0)
  expect((await run('import', 'menus')).code).toBe(0)
  expect((await run('slices', 'list', '--state', 'loaded')).stdout).toContain('menu_items')
})
