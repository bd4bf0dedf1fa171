import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuckdbTransformer } from '../functions/adapters/duckdb/transformer/transformer.ts'
import { loadProject } from '../functions/config/project.ts'
import { fileOf } from '../functions/contract/contract.ts'
import { sliceRequest } from '../functions/pipeline/steps/transform.ts'
import { generateNight } from '../mock/night.ts'

const ROUNDS = Number(process.argv[2] ?? 9)
const KEY = { shard: '185001', window: '2025-02-05' }
const LOCATION = { timeZone: 'America/New_York', closeoutHour: 4 }

/** Transforms the files of a location-night with and without profiles in turn, and prints what profiles add in processor time. */
async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  const project = await loadProject({ projectDir: join(import.meta.dirname, '..'), environment: 'local', env: {} })
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '512MB', tempDir: folder })
  const night = generateNight({
    ...{ seed: 7, date: KEY.window, profile: 'restaurant', scale: 1, closed: false },
    location: { id: KEY.shard, name: 'East', ...LOCATION },
  })
  const contracts = [...(project.contracts.get('toast')?.values() ?? [])]
  const files = night.flatMap(({ name, bytes }) => {
    const contract = contracts.find((one) => fileOf(one) === name)
    return contract ? [{ contract, name, bytes }] : []
  })
  for (const { name, bytes } of files) await writeFile(join(folder, name), bytes)
  let number = 0
  const once = async (profiles: boolean): Promise<number> => {
    const before = process.cpuUsage()
    for (const { contract, name, bytes } of files) {
      const outDir = join(folder, `out-${number++}`)
      await mkdir(outDir)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const raw = { path: join(folder, name), sha256, bytes: bytes.length }
      const place = sliceRequest(contract, KEY, LOCATION)
      await transformer.transform({
        ...{ contract, ...place, sourceFile: name, raw, outDir, privacyKey: Buffer.from('bench'), profiles },
      })
      await rm(outDir, { recursive: true })
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  await once(true)
  const rounds: (readonly [number, number])[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push([await once(false), await once(true)])
  await transformer.close()
  await rm(folder, { recursive: true })
  const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const [without, profiled] = [middle(rounds.map(([a]) => a)), middle(rounds.map(([, b]) => b))]
  const rows = `${files.length} files, ${files.reduce((sum, { bytes }) => sum + bytes.length, 0)} bytes, ${ROUNDS} rounds`
  console.log(rows)
  console.log(`without profiles ${without.toFixed(0)} ms, with ${profiled.toFixed(0)} ms of processor time`)
  console.log(`ratio ${middle(rounds.map(([a, b]) => b / a)).toFixed(2)}`)
}

await measure()
