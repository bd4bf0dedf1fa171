import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { logFacts } from '../../lib/log-context.ts'
import { redact } from '../../lib/redact.ts'
import type { Instant } from '../../pipeline/entities.ts'
import type { LogEntry } from '../../pipeline/ports.ts'

/** A line of the log with its time. */
export interface LoggedLine extends LogEntry {
  readonly at: Instant
}

/** Log in files, one per day in UTC, one JSON object a line. */
export interface LogFiles {
  /** Never throws, never blocks: a line that cannot be written is lost. */
  log(entry: LogEntry): void
  /** Lines about a run, oldest first. */
  read(runId: string): AsyncIterable<LoggedLine>
  /** Waits until what was logged is on the disk. */
  close(): Promise<void>
}

const KEPT_DAYS = 30
const NAME = /^\d{4}-\d{2}-\d{2}\.jsonl$/

/** A log in the files of a folder, which is made. Files of the last 30 days are kept. */
export async function openLogFiles(folder: string, now: () => Instant): Promise<LogFiles> {
  await mkdir(folder, { recursive: true })
  await forgetOld(folder)
  let writing: Promise<void> = Promise.resolve()
  let waiting = ''
  const flush = () => {
    const [text, path] = [waiting, join(folder, `${new Date(now()).toISOString().slice(0, 10)}.jsonl`)]
    waiting = ''
    return text === '' ? undefined : appendFile(path, text, { mode: 0o600 }).catch(() => undefined)
  }
  return {
    log(entry) {
      const line = { at: now(), ...logFacts(), ...entry, message: redact(entry.message) }
      waiting += `${JSON.stringify(line)}\n`
      writing = writing.then(flush)
    },
    async *read(runId) {
      await writing
      for (const name of await filesOf(folder)) yield* linesAbout(join(folder, name), runId)
    },
    close: () => writing,
  }
}

/** Lines after a place, and the place after them. */
interface LogTail {
  readonly lines: readonly LoggedLine[]
  /** Place to go on from. */
  readonly end: string
}

/** Lines of the log from a place on, oldest first; without one those of the newest file. */
export async function readLogTail(folder: string, from: string | null): Promise<LogTail> {
  const names = await filesOf(folder).catch(() => [])
  const [since = names.at(-1) ?? '', offset = '0'] = from?.split(' ') ?? []
  const lines: LoggedLine[] = []
  let end = `${since} ${offset}`
  for (const name of names.filter((each) => each >= since)) {
    const bytes = await readFile(join(folder, name))
    // A line that is being written is read when it is whole.
    const last = bytes.lastIndexOf('\n') + 1
    const text = bytes.subarray(name === since ? Number(offset) : 0, last).toString('utf8')
    lines.push(...text.split('\n').flatMap((line) => (line === '' ? [] : (parse(line) ?? []))))
    end = `${name} ${last}`
  }
  return { lines, end }
}

async function* linesAbout(path: string, runId: string): AsyncGenerator<LoggedLine> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    // Most lines are of other runs: parsing them would take longer than reading them.
    if (!line.includes(runId)) continue
    const parsed = parse(line)
    if (parsed?.runId === runId) yield parsed
  }
}

/** Null for a line that a crash cut off. */
function parse(line: string): LoggedLine | null {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

async function filesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => NAME.test(name)).toSorted()
}

async function forgetOld(folder: string): Promise<void> {
  for (const name of (await filesOf(folder)).slice(0, -KEPT_DAYS)) await rm(join(folder, name), { force: true })
}
