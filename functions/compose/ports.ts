import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EnvironmentConfig } from '../config/config.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import type { LedgerDump } from '../ledger/backup/lines.ts'
import type { MigrationMode } from '../ledger/migrate.ts'
import { throwDisk } from '../lib/disk-failure.ts'
import { createIds } from '../lib/id.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import type { Clock, Log, ObjectStore, Transformer } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** Clock, log and secrets that a port is opened with. */
interface PortOptions {
  readonly secrets: SecretReader
  readonly clock: Clock
  readonly log: Log
}

// Every SDK is loaded where it is used, so that a command of one laptop does not wait for those of Google.

/** Object storage of an environment: a folder or Cloud Storage buckets. */
export async function openObjects(project: Project, { clock, log }: PortOptions): Promise<ObjectStore> {
  const { objects } = project.environment
  if (objects.kind === 'folder') {
    const { openFolderObjects } = await import('../adapters/local/objects/objects.ts')
    return openFolderObjects({ root: objects.root })
  }
  const { openGcsObjects } = await import('../adapters/gcs/objects.ts')
  const { project: id, endpoints } = googleOf(project)
  return openGcsObjects({
    project: id,
    endpoint: endpoints?.storage,
    buckets: { raw: objects.rawBucket, parts: objects.partsBucket, control: objects.controlBucket },
    clock,
    log,
    random: Math.random,
  })
}

// Cloud Run mounts it into every container of ours; no other machine has it.
const SOCKETS = '/cloudsql'

/** A ledger behind a socket of Cloud Run is nowhere else. @throws {DaybreakError} CONFIG_MISSING. */
export function expectLedgerHere({ environment: { environment, ledger, google } }: Project): void {
  if (ledger.kind !== 'postgres' || !ledger.host.startsWith(`${SOCKETS}/`) || existsSync(SOCKETS)) return
  const job = `gcloud run jobs execute daybreak-backfill --region=${google?.region ?? 'REGION'} --wait --container=daybreak`
  const message = `the ledger of ${environment} is reached from Cloud Run alone: run the command there, as \`${job} --args=COMMAND,...,-e,${environment}\``
  throw new DaybreakError('CONFIG_MISSING', message)
}

/** Options of a port, and who migrates the ledger's tables. */
export interface LedgerOptions extends PortOptions {
  /** Overrides what the environment says about who changes the tables. */
  readonly migrations?: MigrationMode
}

/** Ledger of an environment: a SQLite file or a PostgreSQL database. */
export async function openLedger(
  project: Project,
  { secrets, clock, log, migrations }: LedgerOptions,
): Promise<PeopleLedger> {
  const { ledger } = project.environment
  const now = () => clock.now()
  const newId = createIds({ now, randomBytes })
  if (ledger.kind === 'sqlite') {
    const { openSqliteLedger } = await import('../adapters/sqlite/ledger.ts')
    return await openSqliteLedger({ path: ledger.path, now, newId })
  }
  const { openPostgresLedger } = await import('../adapters/postgres/ledger.ts')
  const mode = migrations ?? (ledger.migrations === 'by_command' ? 'expect' : 'apply')
  return await openPostgresLedger({ ...(await serverOf(ledger, secrets)), log, now, newId, migrations: mode })
}

/** Reads the rows of the ledger of an environment as of one moment. @throws {DaybreakError} LEDGER_BUSY, LEDGER_FAILED. */
export async function dumpLedger<Result>(
  project: Project,
  { secrets, log }: Pick<PortOptions, 'secrets' | 'log'>,
  work: (dump: LedgerDump) => Promise<Result>,
): Promise<Result> {
  const { ledger } = project.environment
  if (ledger.kind === 'sqlite') {
    const { dumpSqliteLedger } = await import('../adapters/sqlite/backup.ts')
    return await dumpSqliteLedger(ledger.path, work)
  }
  const { dumpPostgresLedger } = await import('../adapters/postgres/backup.ts')
  return await dumpPostgresLedger({ ...(await serverOf(ledger, secrets)), log }, work)
}

/** Writes rows into the empty ledger of an environment; gives their number by table. @throws {DaybreakError} STATE_CONFLICT. */
export async function restoreLedgerRows(
  project: Project,
  { secrets, clock, log }: PortOptions,
  dump: LedgerDump,
): Promise<ReadonlyMap<string, number>> {
  const { ledger } = project.environment
  const now = () => clock.now()
  if (ledger.kind === 'sqlite') {
    const { restoreSqliteLedger } = await import('../adapters/sqlite/backup.ts')
    return await restoreSqliteLedger(ledger.path, dump, now)
  }
  const { restorePostgresLedger } = await import('../adapters/postgres/backup.ts')
  return await restorePostgresLedger({ ...(await serverOf(ledger, secrets)), log }, dump, now)
}

/** Brings the tables of the ledger up to date, even if the environment leaves that to a release. Opens nothing else. */
export async function migrateLedger(project: Project, { clock, log }: Omit<PortOptions, 'secrets'>): Promise<void> {
  expectLedgerHere(project)
  const { openSecrets } = await import('./secrets.ts')
  const secrets = await openSecrets(project, { clock, log })
  try {
    await (await openLedger(project, { secrets, clock, log, migrations: 'apply' })).close()
  } finally {
    await secrets.close()
  }
}

async function serverOf(ledger: PostgresConfig, secrets: SecretReader) {
  const { host, port, database, user, role, tls, connections } = ledger
  return { host, port, database, user, role, tls, connections, password: await passwordOf(ledger, secrets) }
}

type PostgresConfig = Extract<EnvironmentConfig['ledger'], { readonly kind: 'postgres' }>

async function passwordOf(
  { auth, password }: PostgresConfig,
  secrets: SecretReader,
): Promise<(() => Promise<string>) | undefined> {
  if (auth === 'iam') {
    const { createCloudSqlTokens } = await import('../adapters/google-auth/token.ts')
    return createCloudSqlTokens()
  }
  if (auth === 'none' || password === undefined) return undefined
  return async () => Buffer.from(await secrets.read(password)).toString('utf8')
}

/** Transformer of an environment, with its scratch files below `tempDir`. */
export async function openTransformer({ environment }: Project, tempDir: string): Promise<Transformer> {
  const { openDuckdbTransformer } = await import('../adapters/duckdb/transformer/transformer.ts')
  const { lanes, pieceBytes, memoryLimit } = environment.engine
  return await openDuckdbTransformer({ lanes, pieceBytes: pieceBytes, memoryLimit: memoryLimit, tempDir })
}

/** Scratch folders below a root, each for as long as the work in it takes. */
export function scratchBelow(root: string) {
  return async <Result>(work: (folder: string) => Promise<Result>): Promise<Result> => {
    const folder = await mkdtemp(join(root, 'work-')).catch(throwDisk(`make a scratch folder in ${root}`, root))
    try {
      return await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
