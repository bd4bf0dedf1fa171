import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { destinationsInUse } from '../functions/compose/destinations.ts'
import { fingerprintOf } from '../functions/compose/hash-key.ts'
import { isConfigured } from '../functions/compose/sources.ts'
import { examplesIn } from '../functions/config/examples.ts'
import { loadProject, type Project } from '../functions/config/project.ts'
import { readSecret, secretPath } from '../functions/config/secret.ts'
import { DaybreakError, ERRORS, toDaybreakError } from '../functions/errors.ts'
import { instantOf } from '../functions/lib/business-date.ts'
import type { PipelineDefinition } from '../functions/pipeline/definition.ts'
import { isWarehouse } from '../functions/pipeline/destination.ts'
import type { Ports, SourceConnector } from '../functions/pipeline/ports.ts'
import { isDelivered } from '../functions/pipeline/shard.ts'
import { wordsOf } from '../functions/pipeline/slice-words.ts'
import type { Call } from './command.ts'
import { placesOf } from './expected-places.ts'

/** Result of one check. */
export interface Finding {
  readonly check: string
  /** `off`: what it would look at is not configured, which is no problem. */
  readonly state: 'pass' | 'warn' | 'fail' | 'off'
  readonly message: string
  /** Next action; empty when it passed. */
  readonly remedy: string
}

type Outcome = Omit<Finding, 'check'>
type Session = Pick<Call, 'options' | 'context'>
type Checks<Subject> = Readonly<Record<string, (subject: Subject) => Promise<Outcome>>>

const HOUR = 3_600_000
const DAY = 24 * HOUR
const GIB = 1_073_741_824
/** Long enough for a server on the other side of the world, short enough for a person who waits. */
const SOURCE_TIMEOUT = 15_000

const off = (message: string, remedy: string): Outcome => ({ state: 'off', message, remedy })
const pass = (message: string): Outcome => ({ state: 'pass', message, remedy: '' })
const warn = (message: string, remedy: string): Outcome => ({ state: 'warn', message, remedy })
const fail = (message: string, remedy: string): Outcome => ({ state: 'fail', message, remedy })

/** Looks at the machine, the project, its secrets and its ports, in that order; what depends on a failed one is left out. */
export async function* examine(session: Session): AsyncGenerator<Finding> {
  yield* runChecks(MACHINE, session)
  const { projectDir, environment } = session.options
  const loaded = await loadProject({ projectDir, environment, env: session.context.env }).catch(failed)
  if ('state' in loaded) return yield { check: 'project', ...loaded }
  const streams = [...loaded.contracts.values()].reduce((sum, { size }) => sum + size, 0)
  const names = [...loaded.pipelines.keys()].join(', ')
  const found = `${names}: ${streams} streams, ${placesOf(loaded)}`
  yield { check: 'project', ...pass(`${found}, in ${projectDir}`) }
  let broken = false
  let lacksSecret = false
  const { cloudProbes } = await import('../functions/compose/probes.ts')
  const { credentials, ...systems } = cloudProbes(loaded, session.context.clock.now)
  const { environment: examples, ...places } = PLACES
  const checks = {
    ...(examples && { environment: examples }),
    ...(credentials && { credentials }),
    ...places,
    ...systems,
  }
  for await (const finding of runChecks(checks, loaded)) {
    yield finding
    if (finding.state !== 'fail') continue
    // A bucket without permission says nothing about the ledger; without an account nothing can be asked at all.
    if (finding.check === 'secrets') lacksSecret = true
    else broken ||= finding.check in PLACES
    if (finding.check === 'credentials') return
  }
  if (!broken) yield* examinePorts(session, loaded, lacksSecret)
}

async function* runChecks<Subject>(checks: Checks<Subject>, subject: Subject): AsyncGenerator<Finding> {
  for (const [check, run] of Object.entries(checks)) yield { check, ...(await run(subject).catch(failed)) }
}

function failed(thrown: unknown): Outcome {
  const { code, message } = toDaybreakError(thrown)
  return fail(`[${code}] ${message}`, ERRORS[code].remedy)
}

const MACHINE: Checks<Session> = {
  async node() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const enough = major > 22 || (major === 22 && minor >= 18)
    return enough ? pass(process.version) : fail(`${process.version} is too old`, 'Install Node 22.18 or later.')
  },
  async 'time zones'() {
    // Noon in New York is five hours behind UTC in January and four in July, or there is no data about clocks.
    const offset = (date: string) =>
      (instantOf(date, '12:00', 'America/New_York') - instantOf(date, '12:00', 'UTC')) / HOUR
    if (offset('2026-01-15') === 5 && offset('2026-07-15') === 4)
      return pass(`IANA ${process.versions.tz ?? ''}`.trim())
    return fail('this Node has no time zone data', 'Use a Node with full ICU data, such as the one in node_modules.')
  },
  async clock({ context }) {
    const { mtimeMs } = await stat(context.program.at(-1) ?? process.execPath)
    const now = context.clock.now()
    const text = new Date(now).toISOString()
    if (now > mtimeMs - DAY) return pass(text)
    return fail(`${text} is before Daybreak was installed`, 'Set the clock of this machine; readiness depends on it.')
  },
}

const PLACES: Checks<Project> = {
  async environment({ environment }) {
    const examples = examplesIn(environment)
    if (examples.length === 0) return pass(environment.environment)
    const remedy = `Replace them in config/environments/${environment.environment}.yaml.`
    return fail(`${examples.length} values are still examples: ${examples.join(', ')}`, remedy)
  },
  async home({ home }) {
    const probe = join(home, `.doctor-${process.pid}`)
    await mkdir(home, { recursive: true })
    await writeFile(probe, 'x')
    await rm(probe)
    return pass(`${home} can be written`)
  },
  async disk({ home }) {
    const { bavail, bsize } = await statfs(home)
    const free = `${((bavail * bsize) / GIB).toFixed(1)} GiB free`
    const remedy = `Make room below ${home}, or set DAYBREAK_HOME to another disk.`
    if (bavail * bsize < GIB / 4) return fail(free, remedy)
    return bavail * bsize < 2 * GIB ? warn(free, remedy) : pass(free)
  },
  async secrets(project) {
    const references = secretsOf(project)
    if (project.environment.secrets.kind !== 'folder') return await readRemote(references, project)
    const missing: string[] = []
    for (const reference of references) {
      await readSecret(reference, project).catch((error: unknown) => missing.push(toDaybreakError(error).message))
    }
    if (missing.length > 0) return fail(missing.join('; '), 'Put the key into that file, with `chmod 600`.')
    return openToOthers(references.map((reference) => secretPath(reference, project)))
  },
}

/** Every secret that the environment names; the hash key of one laptop is made on first use. */
function secretsOf({ environment: { sources, privacy, ledger, environment } }: Project): readonly string[] {
  const keys = Object.values(sources).flatMap((source) =>
    source.kind === 'sftp' && isConfigured(source)
      ? [source.private_key ?? [], source.passphrase ?? [], source.password ?? []].flat()
      : [],
  )
  const password = ledger.kind === 'postgres' ? [ledger.password ?? []].flat() : []
  return [...new Set([...(environment === 'local' ? [] : [privacy.hash_key]), ...keys, ...password])]
}

async function readRemote(references: readonly string[], project: Project): Promise<Outcome> {
  const { openSecrets } = await import('../functions/compose/secrets.ts')
  const { systemClock } = await import('../functions/adapters/local/clock.ts')
  const secrets = await openSecrets(project, { clock: systemClock, log: () => undefined })
  const failures: string[] = []
  for (const reference of references) {
    await secrets.read(reference).catch((error: unknown) => failures.push(toDaybreakError(error).message))
  }
  await secrets.close()
  if (failures.length === 0) return pass(`${references.length} can be read`)
  return fail(failures.join('; '), 'Add the version, or grant roles/secretmanager.secretAccessor on that secret.')
}

async function openToOthers(paths: readonly string[]): Promise<Outcome> {
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode })))
  const open = modes.filter(({ mode }) => process.platform !== 'win32' && (mode & 0o077) !== 0).map(({ path }) => path)
  if (open.length === 0) return pass(`${paths.length} found`)
  return warn(`others on this machine can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
}

/** Compares rows and loads of the newest dates, as far as the warehouse tells them without reading a table. */
async function examineTables(definitions: readonly PipelineDefinition[], ports: Ports): Promise<Outcome> {
  const { staleIn } = await import('../functions/pipeline/load/renew.ts')
  const stale: string[] = []
  for (const definition of definitions)
    for (const { stream, window: date } of await staleIn(definition, ports)) stale.push(`${stream} of ${date}`)
  if (stale.length === 0) return pass('hold what was loaded')
  const some = stale.slice(0, 5).join(', ')
  const remedy = 'Run `daybreak status --verify`, or load again: `daybreak run --reload`, `daybreak import FOLDER`.'
  return fail(`${stale.length} partitions are not what was loaded: ${some}`, remedy)
}

/** One check of each destination in use: a single one is called `warehouse`, as ever. */
function destinationChecks(project: Project, ports: Ports): Checks<null> {
  const all = destinationsInUse(project)
  return Object.fromEntries(
    all.map(({ name, pipelines }) => [
      all.length === 1 ? 'warehouse' : `destination ${name}`,
      async () => await examineDestination(ports, pipelines),
    ]),
  )
}

async function examineDestination(ports: Ports, [pipeline = '']: readonly string[]): Promise<Outcome> {
  const destination = ports.destination(pipeline)
  if (!isWarehouse(destination)) return pass('opens, answers no queries')
  return pass(`opens, answers ${(await destination.query('SELECT 1')).rows.length} row`)
}

/** Ledger, warehouse and sources, behind the ports that a run uses. */
async function* examinePorts(session: Session, project: Project, lacksSecret: boolean): AsyncGenerator<Finding> {
  const { pipelines } = project
  const { withDaybreak } = await import('./open.ts')
  const findings = await withDaybreak(session, async ({ ports, definitions }) => {
    const checks: Checks<null> = {
      ledger: async () =>
        pass(
          `opens, its tables are up to date, ${(await ports.ledger.runs({ limit: 1 })).length > 0 ? 'has runs' : 'has no runs yet'}`,
        ),
      'hash key': async () => {
        const [definition] = definitions.values()
        return definition ? pass(`fingerprint ${fingerprintOf(definition.privacyKey)}`) : pass('no pipeline uses one')
      },
      ...destinationChecks(project, ports),
      tables: async () => await examineTables([...definitions.values()], ports),
      ...Object.fromEntries(
        [...pipelines.values()].map(({ pipeline, source }) => [
          `source ${source}`,
          async () => {
            if (!definitions.get(pipeline)?.hasSource)
              return off('not configured: files come by import', 'Set its host, user, key and host key; or nothing.')
            if (lacksSecret) return off('not asked, because a secret is missing', 'Put the secret in its place first.')
            const signal = AbortSignal.any([session.context.signal, AbortSignal.timeout(SOURCE_TIMEOUT)])
            return await examineSource(ports.source(pipeline), definitions.get(pipeline), signal)
          },
        ]),
      ),
    }
    const found: Finding[] = []
    for await (const finding of runChecks(checks, null)) found.push(finding)
    return found
  }).catch((thrown: unknown) => [{ check: 'ports', ...failed(thrown) }])
  yield* findings
}

/** Connects, and compares the folders of the root with the shards whose folders are expected there. */
async function examineSource(
  connector: SourceConnector,
  definition: PipelineDefinition | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  const root = definition?.root ?? '/'
  const source = await connector.connect(signal)
  const folders = await source.listFolders(root).finally(() => source.close())
  if (folders === null) throw new DaybreakError('SOURCE_ROOT_MISSING', `${root} does not exist at ${connector.name}`)
  const found = `connects, ${folders.length} folders`
  if (definition === undefined || !hasFolderPerShard(definition)) return pass(found)
  const expected = definition.shards.filter(isDelivered)
  const { shard } = wordsOf(definition)
  const names = new Set(folders)
  const absent = expected.filter(({ id }) => !names.has(id)).map(({ id }) => id)
  if (absent.length === 0) return pass(found)
  const some = `${absent.slice(0, 5).join(', ')}${absent.length > 5 ? ', ...' : ''}`
  return warn(
    `${found} in ${root}; ${absent.length} of ${expected.length} ${shard.many} have none there: ${some}`,
    definition.config.kind === 'files'
      ? `Compare \`root\` of the source with the server, and \`shards\` in config/pipelines/${definition.name}.yaml with its folders.`
      : 'Compare `root` of the source with the server, and config/locations.yaml with the export in Toast Web.',
  )
}

function hasFolderPerShard({ config }: Pick<PipelineDefinition, 'config'>): boolean {
  return config.kind !== 'files' || config.path.startsWith('{shard}/')
}
