import { readFile } from 'node:fs/promises'
import { CANDIDATES } from './engine-candidates.ts'
import type { Generated } from './generate.ts'

// One candidate in a process of its own: node bench/engine-run.ts NAME LANES FILE...
const [name = '', lanes = '2', ...paths] = process.argv.slice(2)
const candidate = CANDIDATES[name]
if (!candidate) throw new Error(`no candidate ${JSON.stringify(name)}`)
const files = await Promise.all(
  paths.map(async (path): Promise<Generated> => JSON.parse(await readFile(`${path}.json`, 'utf8'))),
)
const result = await candidate(files, Number(lanes))
const { maxRSS } = process.resourceUsage()
console.log(JSON.stringify({ ...result, peakMiB: Math.round(maxRSS / 1024) }))
