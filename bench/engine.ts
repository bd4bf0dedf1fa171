import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { CandidateResult } from './engine-candidate.ts'
import { generate } from './generate.ts'

/** One line of the result: medians over the rounds, and the ratio to raw DuckDB in the same round. */
interface EngineMeasure {
  readonly workload: string
  readonly candidate: string
  readonly seconds: number
  readonly ratio: number
  readonly peakMiB: number
  readonly rejected: number
  readonly exact: boolean | null
  readonly outputMB: number
}

/** Sizes, rounds and lanes of a measurement. */
interface EngineBenchOptions {
  /** Sizes of the single files in MB. */
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly lanes: number
  /** Also seven files of 200 MB at once, against the same seven one after another. */
  readonly seven: boolean
  readonly report: (line: string) => void
}

const RUNNER = fileURLToPath(new URL('engine-run.ts', import.meta.url))
const PANDAS_RUNNER = fileURLToPath(new URL('engine-pandas.py', import.meta.url))
/** A Python that has pandas: Debian's package is for the system's own. */
const PYTHON = ['/usr/bin/python3', 'python3'].find((python) => pandasOf(python) !== null)
const PANDAS = 'pandas, read and cast only'
const SLOW: readonly string[] = ['csv-parse', PANDAS]
// The slow candidates need half a minute per 200 MB; their ratio is the same at every size.
const LARGEST_SLOW_MB = 200

/** Runs every candidate in a process of its own, in turns, start to exit. */
async function benchEngine(options: EngineBenchOptions): Promise<readonly EngineMeasure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-files-'))
  const measures: EngineMeasure[] = []
  try {
    for (const size of options.sizes) {
      const { path } = await generate({ path: join(folder, `${size}.csv`), bytes: size * 1e6 })
      const names = [
        'raw',
        'engine',
        'engine with the product contract',
        ...(size <= LARGEST_SLOW_MB ? SLOW.filter((name) => name !== PANDAS || PYTHON) : []),
      ]
      measures.push(...(await compare({ workload: `${size} MB`, names, paths: [path] }, options)))
      if (options.seven && size === LARGEST_SLOW_MB)
        measures.push(
          ...(await compare(
            { workload: `7 x ${size} MB`, names: ['raw', 'engine'], paths: Array.from({ length: 7 }, () => path) },
            options,
          )),
        )
      await rm(path)
    }
    return measures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Workload {
  readonly workload: string
  readonly names: readonly string[]
  readonly paths: readonly string[]
}

async function compare(
  { workload, names, paths }: Workload,
  { rounds, lanes, report }: EngineBenchOptions,
): Promise<readonly EngineMeasure[]> {
  const runs = new Map<string, CandidateResult[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      // Once is enough for the one that takes eight times as long as the rest together.
      if (SLOW.includes(name) && round > 0) continue
      runs.get(name)?.push(await run(name, lanes, paths))
    }
  }
  const base = runs.get('raw') ?? []
  return names.map((candidate) => {
    const own = runs.get(candidate) ?? []
    const ratios = own.map(({ cost }, round) => cost.seconds / (base[round]?.cost.seconds ?? Number.NaN))
    const [first] = own
    const measure = {
      workload,
      candidate,
      seconds: median(own.map(({ cost }) => cost.seconds)),
      ratio: median(ratios),
      peakMiB: Math.max(...own.map(({ cost }) => cost.peakMiB)),
      rejected: first?.rejected ?? 0,
      exact: own.every(({ exact }) => exact !== false) ? (first?.exact ?? null) : false,
      outputMB: (first?.outputBytes ?? 0) / 1e6,
    }
    report(describe(measure))
    return measure
  })
}

function run(name: string, lanes: number, paths: readonly string[]): Promise<CandidateResult> {
  const [program, ...args] =
    name === PANDAS && PYTHON ? [PYTHON, PANDAS_RUNNER] : [process.execPath, RUNNER, name, String(lanes)]
  const child = spawn(program, [...args, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`${name} ended with ${code}`))
      resolve(JSON.parse(text))
    })
  })
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function describe({ workload, candidate, seconds, ratio, peakMiB, rejected, exact, outputMB }: EngineMeasure): string {
  const verdict = exact === null ? 'no lines' : exact ? `${rejected} rejects, every line exact` : 'REJECTS DIFFER'
  return `${workload.padEnd(12)} ${candidate.padEnd(34)} ${seconds.toFixed(2).padStart(8)} s  ${ratio.toFixed(2).padStart(6)} x raw  ${String(peakMiB).padStart(5)} MiB  ${outputMB.toFixed(1).padStart(7)} MB  ${verdict}`
}

function pandasOf(python: string): string | null {
  const found = spawnSync(python, ['-c', 'import pandas; print(pandas.__version__)'], { encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : null
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '10,200,1000' },
      rounds: { type: 'string', default: '3' },
      lanes: { type: 'string', default: '2' },
      seven: { type: 'boolean', default: false },
    },
  })
  const report = (line: string) => console.log(line)
  report(PYTHON ? `pandas ${pandasOf(PYTHON)}` : 'pandas: skipped, not installed')
  await benchEngine({
    sizes: values.sizes.split(',').map(Number),
    rounds: Number(values.rounds),
    lanes: Number(values.lanes),
    seven: values.seven,
    report,
  })
}
