import { globSync } from 'node:fs'
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const PURE = [
  'tests/architecture/**/*.test.ts',
  ...[
    'access',
    'adapters',
    'api',
    'checks',
    'cli',
    'config',
    'contract',
    'engine',
    'ledger',
    'lib',
    'live',
    'mock',
    'models',
    'notify',
    'pipeline',
    'sql',
  ].map((folder) => `tests/unit/${folder}/**/*.test.ts`),
]

const DEEP = [
  ...['crash', 'simulation', 'demo'].map((folder) => `tests/${folder}/**/*.test.ts`),
  ...[
    'contract/*.{bigquery,gcs,postgres,pubsub}',
    'integration/api-guide',
    'integration/as-of',
    'integration/backup',
    'integration/api-access',
    'integration/bigquery-{corpus,engine,faults,race,reader,script,server}',
    'integration/build-together',
    'integration/catalog',
    'integration/check-backtest',
    'integration/cloud.{marts,night,script}',
    'integration/closed-day',
    'integration/connector-pages',
    'integration/contract-cut',
    'integration/ddl',
    'integration/day-sheet',
    'integration/disk-failures',
    'integration/doctor.cloud',
    'integration/examples',
    'integration/false-alarms',
    'integration/gcs-*',
    'integration/evidence',
    'integration/downloads',
    'integration/handlers.*',
    'integration/guides',
    'integration/hash-key',
    'integration/http-process',
    'integration/ledger-contention',
    'integration/ledger-login',
    'integration/ledger-commands',
    'integration/ledger.additive',
    'integration/ledger.{postgres,processes,upgrade}',
    'integration/lineage-proof',
    'integration/live.postgres',
    'integration/lookalikes',
    'integration/marts*',
    'integration/memory',
    'integration/olist*',
    'integration/openlineage',
    'integration/openmetadata',
    'integration/missed-alarms',
    'integration/model-releases',
    'integration/models-{compile,drawn,equal}',
    'integration/people-reads',
    'integration/profiles',
    'integration/package',
    'integration/packed-limit',
    'integration/parts-gone',
    'integration/pubsub*',
    'integration/query',
    'integration/rebuild',
    'integration/release-held',
    'integration/remedies',
    'integration/remote',
    'integration/restore-drill',
    'integration/secret-manager',
    'integration/serve',
    'integration/service-access',
    'integration/sftp-*',
    'integration/source-files',
    'integration/stopped-run',
    'integration/table-{deletes,files,mysql,refusals,ring,sftp,to-files,windows}',
    'integration/{verdict,verify}',
    'integration/night-counts',
    'integration/notify-faults',
    'integration/unchanged-looks',
    'integration/sign-in',
    'integration/watch-cost',
    'integration/wizard-copies',
    'integration/warehouse.duckdb',
    'integration/work-kinds',
    'unit/config/growth',
    'unit/infra/*',
    'unit/mock/{faults,volumes}',
    'unit/pipeline/load-concurrency',
    'unit/pipeline/{build,load}-protocol-model',
  ].map((path) => `tests/${path}.test.ts`),
]

/** Files that take longest, the longest first. The table at the end of a run shows when the order is out of date. */
const LONGEST = [
  'tests/crash/cloud-kill.test.ts',
  'tests/demo/cloud.test.ts',
  'tests/crash/kill.test.ts',
  'tests/crash/fail-at-every-call.test.ts',
  'tests/crash/cloud-fail-at-every-call.test.ts',
  'tests/demo/walk-through.test.ts',
  'tests/integration/query.test.ts',
  'tests/integration/handlers.night.test.ts',
  'tests/integration/verdict.test.ts',
  'tests/integration/api.test.ts',
  'tests/integration/night.test.ts',
  'tests/contract/ledger.sqlite.test.ts',
  'tests/simulation/simulation.test.ts',
  'tests/simulation/seeds.test.ts',
  'tests/crash/planted-defects.test.ts',
  'tests/contract/ledger.postgres.test.ts',
  'tests/unit/infra/policy.test.ts',
  'tests/unit/infra/main.test.ts',
  'tests/integration/handlers.backfill.test.ts',
  'tests/integration/bigquery-engine.test.ts',
  'tests/unit/pipeline/load-protocol-model.test.ts',
  'tests/unit/pipeline/load-concurrency.test.ts',
  'tests/architecture/generated.test.ts',
]

/**
 * Tests that start nothing and change nothing outside themselves, without the longest. One worker runs many of them, so each
 * module is loaded once; `npm run test:quick` runs only these.
 */
export function pureFiles(): string[] {
  const deep = deepFiles()
  return globSync(PURE).filter((path) => !LONGEST.includes(path) && !deep.includes(path))
}

/**
 * Tests that kill, cut, enumerate and draw for minutes, that need PostgreSQL or a stand-in of Google Cloud, or that change a module for
 * themselves: `npm run test:deep` runs them, and so does every check of a commit.
 */
export function deepFiles(): string[] {
  return globSync(DEEP)
}

/** Starts the longest files first, so that the last worker does not end a minute after the others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.indexOf(relative(process.cwd(), moduleId))
      return place === -1 ? LONGEST.length : place
    }
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}
