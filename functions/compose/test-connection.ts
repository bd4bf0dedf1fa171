import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { tableKindsOf } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError, ERRORS, toDaybreakError } from '../errors.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import type { ConnectionTest, TableReader } from '../pipeline/tables/ports.ts'
import { createClosing } from './closing.ts'
import { openTableReader } from './connectors.ts'
import { scratchBelow } from './ports.ts'
import { openSecrets } from './secrets.ts'
import { connectionOf, tableEngine } from './tables.ts'

interface Opening {
  readonly clock: Clock
  readonly log: Log
}

/**
 * Works with the tables of a connection, and closes it. No message holds the text of one of its secrets, also where a driver quotes it.
 * @throws {DaybreakError} CONFIG_MISSING for a name that is unknown, USAGE_INVALID for a kind without tables.
 */
export async function withTableReader<Result>(
  name: string,
  project: Project,
  { clock, log }: Opening,
  work: (reader: TableReader) => Promise<Result>,
): Promise<Result> {
  const config = connectionOf(project, name)
  const { kind } = config
  if (!tableKindsOf('source').includes(kind)) {
    const message = `the connection ${name} is of the kind ${kind}, whose tables are not read; expected ${tableKindsOf('source').join(', ')}`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak doctor' } })
  }
  const closing = createClosing()
  const texts: string[] = []
  try {
    const opened = await closing.keep(openSecrets(project, { clock, log }))
    const secrets: typeof opened = {
      ...opened,
      async read(reference) {
        const value = await opened.read(reference)
        texts.push(Buffer.from(value).toString('utf8').trim())
        return value
      },
    }
    const engine = tableEngine(project, { closing, tempDir: tmpdir() })
    const reader = await closing.keep(
      openTableReader(name, config, { project, clock, log, secrets, engine, withScratch: scratchBelow(tmpdir()) }),
    )
    return await work(reader)
  } catch (error) {
    throw withoutTexts(error, texts)
  } finally {
    await closing.close()
  }
}

const LIMIT = 15_000

/** Version of a place that is not there yet. */
export const NOT_YET = 'not there yet: the first run makes it'

/** The file or folder of a connection that pipelines write to alone, where there is none yet. @throws {DaybreakError} CONFIG_MISSING. */
export function unmadePlace(name: string, project: Project): string | null {
  const config = connectionOf(project, name)
  const place = 'path' in config ? config.path : config.kind === 'folder' ? config.root : null
  if (place === null || existsSync(place)) return null
  const pipelines = [...project.pipelines.values()]
  const isWritten = pipelines.some(({ destination }) => destination === name)
  return isWritten && !pipelines.some(({ source }) => source === name) ? place : null
}

/** Connects, within a time, and says what answered or why nothing did. */
export async function tryConnection(
  name: string,
  project: Project,
  opening: Opening & { readonly limit?: number },
): Promise<ConnectionTest> {
  const { limit = LIMIT } = opening
  const place = unmadePlace(name, project)
  if (place !== null)
    return { ok: true, name: place, version: NOT_YET, isEncrypted: false, milliseconds: 0, mayWrite: false }
  const { promise: late, reject } = Promise.withResolvers<never>()
  const message = `connection ${name} did not answer within ${limit / 1000} s`
  const timer = setTimeout(() => reject(new DaybreakError('SOURCE_UNREACHABLE', message)), limit)
  try {
    // What is given up on goes on until the driver's own limit, and is closed then.
    const test = withTableReader(name, project, opening, (reader) => reader.test())
    test.catch(() => undefined)
    return { ok: true, ...(await Promise.race([test, late])) }
  } catch (error) {
    const failure = toDaybreakError(error)
    if (failure.code === 'INTERNAL') throw failure
    return { ok: false, code: failure.code, message: failure.message, remedy: ERRORS[failure.code].remedy }
  } finally {
    clearTimeout(timer)
  }
}

/** The error without the texts of secrets: a driver may quote what it was given. */
function withoutTexts(error: unknown, texts: readonly string[]): unknown {
  const found = texts.filter((text) => text.length > 3)
  const failure = toDaybreakError(error)
  if (!found.some((text) => failure.message.includes(text))) return error
  const message = found.reduce((all, text) => all.replaceAll(text, '(secret)'), failure.message)
  return new DaybreakError(failure.code, message)
}
