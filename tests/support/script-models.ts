import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openScripts } from '../../functions/adapters/local/scripts.ts'
import { compileModels } from '../../functions/compose/compile-models.ts'
import { readModelSources } from '../../functions/compose/model-sources.ts'
import { loadProject } from '../../functions/config/project.ts'
import { CompiledModels } from '../../functions/models/compiled.ts'
import type { Models } from '../../functions/models/order.ts'
import { ROOT } from './world.ts'

const YAML = `version: 1
model: party_size
description: Orders and net sales by the number of guests, as people say it.
key: [location_id, business_date, party]
table: { partition_by: business_date }
needs: [order_details]
columns:
  - { name: location_id, type: string, description: Location. }
  - { name: business_date, type: date, description: Date. }
  - { name: party, type: string, description: Words for the number of guests. }
  - { name: orders, type: int64, additive: true, description: Orders. }
  - { name: net_sales, type: numeric, unit: USD, additive: true, description: Net sales. }
checks:
  - { unique: key, effect: block }
  - name: equals_orders
    equal:
      - { model: party_size, sum: net_sales, by: location_id }
      - { stream: order_details, sum: amount, by: location_id }
    effect: block
`
const WORDS = `export function wordOf(guests: bigint | null): string {
  if (guests === null || guests < 1n) return 'unknown'
  return guests === 1n ? 'alone' : guests === 2n ? 'a couple' : 'a group'
}
`
const SCRIPT = `import { defineModel, numeric, units } from 'daybreak/models'
import { wordOf } from './words.ts'

interface Party { orders: number; net: bigint }

export default defineModel({
  reads: { o: { table: 'toast.order_details', columns: ['location_id', 'guest_count', 'amount'] } },
  async *build({ o }, { date }) {
    const parties = new Map<string, Party>()
    for (const { location_id, guest_count, amount } of o) {
      const key = JSON.stringify([location_id, wordOf(guest_count)])
      const party = parties.get(key) ?? { orders: 0, net: 0n }
      parties.set(key, { orders: party.orders + 1, net: party.net + units(amount ?? '0') })
    }
    for (const [key, { orders, net }] of parties) {
      const [location_id, party] = JSON.parse(key)
      yield { location_id, business_date: date, party, orders, net_sales: numeric(net) }
    }
  },
})
`
/** Files of a script model over orders, with a file that it imports. */
export const PARTY_SIZE = { 'party_size.yaml': YAML, 'party_size.ts': SCRIPT, 'words.ts': WORDS }

/** The models of a folder of files. Scripts are compiled without an analyser. */
export async function compileScripts(files: Readonly<Record<string, string>>): Promise<Models> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-scripts-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, 'config/models/own', name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
    }
    const project = await loadProject({ projectDir: ROOT, environment: 'local', env: {} })
    const analyse = () => Promise.reject(new Error('a script needs no analyser'))
    const analyser = { analyse, evaluate: analyse, close: async () => undefined }
    const found = await compileModels(project, await readModelSources(folder), { analyser, scripts: openScripts() })
    return new Map(Object.entries(CompiledModels.parse(JSON.parse(JSON.stringify(found))).models))
  } finally {
    await rm(folder, { recursive: true })
  }
}
