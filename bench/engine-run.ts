import { readFile } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import type { Candidate } from './engine-candidate.ts'
import type { Generated } from './generate.ts'

// One candidate in a process of its own: node bench/engine-run.ts NAME LANES FILE...
// Each loads what it needs and no more, with the cache of compiled code that the command line has too.
enableCompileCache()

const CANDIDATES: Readonly<Record<string, () => Promise<Candidate>>> = {
  raw: async () => (await import('./engine-raw.ts')).raw,
  engine: async () => (await import('./engine-daybreak.ts')).plain,
  'engine with the product contract': async () => (await import('./engine-daybreak.ts')).product,
  'csv-parse': async () => (await import('./engine-csv-parse.ts')).csvParse,
}

const [name = '', lanes = '2', ...paths] = process.argv.slice(2)
const load = CANDIDATES[name]
if (!load) throw new Error(`no candidate ${JSON.stringify(name)}`)
const files = await Promise.all(
  paths.map(async (path): Promise<Generated> => JSON.parse(await readFile(`${path}.json`, 'utf8'))),
)
const candidate = await load()
console.log(JSON.stringify(await candidate(files, Number(lanes))))
