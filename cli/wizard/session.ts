import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withTableReader } from '../../functions/compose/test-connection.ts'
import { diskFiles, type ProjectFiles } from '../../functions/config/disk.ts'
import { homeOf, loadProject, type Project } from '../../functions/config/project.ts'
import type { TableReader } from '../../functions/pipeline/tables/ports.ts'
import type { Call } from '../command.ts'
import { createLog } from '../log.ts'
import type { Asker } from './asker.ts'
import { type Flag, type Given, givenOf } from './flags.ts'

/** One use of the wizard. */
export interface Session {
  readonly call: Pick<Call, 'options' | 'context' | 'output'>
  readonly ask: Asker
  /** The answers so far. */
  readonly given: () => Partial<Given>
  /** Keeps an answer, also on disk, so that a later wizard can go on from it. */
  set<Name extends Flag>(flag: Name, value: Given[Name]): Promise<void>
  /** Forgets answers, so that they are asked again. */
  forget(flags: readonly Flag[]): Promise<void>
  /** Files that are to be written, by their path in the project. */
  readonly files: Map<string, string>
}

/** Begins a session with the answers that are given. */
export function openSession(call: Session['call'], ask: Asker, first: Partial<Given>): Session {
  let given = first
  const keep = async () => {
    if (!ask.isInteractive) return
    const path = keptPath(call)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${JSON.stringify(given, null, 2)}\n`, { mode: 0o600 })
  }
  return {
    call,
    ask,
    given: () => given,
    async set(flag, value) {
      given = { ...given, [flag]: value }
      await keep()
    },
    async forget(flags) {
      given = Object.fromEntries(Object.entries(given).filter(([name]) => !flags.some((flag) => flag === name)))
      await keep()
    },
    files: new Map(),
  }
}

/** Where answers are kept. They hold no secret. */
export function keptPath({ options, context }: Pick<Call, 'options' | 'context'>): string {
  return join(homeOf(options.projectDir, context.env), 'init.json')
}

/** Answers of the wizard that was left; none where none was. */
export async function keptAnswers(call: Pick<Call, 'options' | 'context'>): Promise<Partial<Given>> {
  const text = await readFile(keptPath(call), 'utf8').catch(() => '{}')
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? givenOf({ ...value }) : {}
  } catch {
    return {}
  }
}

/** Forgets the answers on disk. */
export async function dropAnswers(call: Pick<Call, 'options' | 'context'>): Promise<void> {
  await rm(keptPath(call), { force: true })
}

/** The files of this disk, with others before them. */
export function filesOver(projectDir: string, files: ReadonlyMap<string, string>): ProjectFiles {
  const own = new Map([...files].map(([path, text]) => [join(projectDir, path), text]))
  return {
    async read(path) {
      const text = own.get(path)
      return text === undefined ? await diskFiles.read(path) : Buffer.from(text)
    },
    async list(folder) {
      const names = [...own.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1))
      return [...new Set([...(await diskFiles.list(folder)), ...names])].toSorted()
    },
  }
}

/** The project as it will be. @throws {DaybreakError} CONFIG_INVALID, CONFIG_MISSING. */
export async function projectOf({ call, files }: Session): Promise<Project> {
  const { projectDir, environment } = call.options
  return await loadProject({
    ...{ projectDir, environment, env: call.context.env, files: filesOver(projectDir, files) },
    mayBeEmpty: true,
  })
}

/** Opens the tables of a connection of the project as it will be, for some work with them. */
export async function withTables<Result>(
  session: Session,
  name: string,
  work: (reader: TableReader) => Promise<Result>,
): Promise<Result> {
  const { options, context } = session.call
  const log = createLog(context.stderr, options, context.clock.now)
  return await withTableReader(name, await projectOf(session), { clock: context.clock, log }, work)
}
