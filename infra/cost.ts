import { type Deployment, ledgerInstance } from './deployment.ts'
import { ASSUMED, type Night, nightOf } from './night.ts'
import { type Json, type Resource, resourcesOf, textAt, valueAt } from './policy/resource.ts'
import { PRICES } from './prices.ts'
import { stacksOf } from './synth.ts'

/** One line of the bill, with its dollars a month. */
export interface CostLine {
  readonly what: string
  readonly basis: string
  readonly dollars: number
}

const NIGHTS = 30.4
const HOURS = NIGHTS * 24

/** Fixed cost of the declared resources, without any night. */
export function idleCost(deployment: Deployment): readonly CostLine[] {
  const resources = resourcesOf(stacksOf(deployment))
  const of = (type: string) => resources.filter((each) => each.type === type)
  return [
    ...of('google_sql_database_instance').map(sqlCost),
    line('Address', of('google_compute_address').length, PRICES.network.addressMonth, 'reserved and in use'),
    // A gateway is charged by the instances that use it, at least one of which is assumed at any time.
    line('NAT', of('google_compute_router_nat').length, HOURS * PRICES.network.natInstanceHour, 'gateway, always on'),
    line(
      'Schedules',
      of('google_cloud_scheduler_job').length - PRICES.scheduler.freeJobs,
      PRICES.scheduler.jobMonth,
      'beyond the free ones',
    ),
    line(
      'Secrets',
      of('google_secret_manager_secret').length - PRICES.secrets.freeVersions,
      PRICES.secrets.versionMonth,
      'versions beyond the free ones',
    ),
    line('Keys', of('google_kms_crypto_key').length, PRICES.kms.keyVersionMonth, 'one version each'),
    line(
      'Alerts',
      of('google_monitoring_alert_policy').reduce((sum, policy) => sum + conditionsOf(policy), 0),
      PRICES.monitoring.conditionMonth,
      'conditions',
    ),
    line('DNS', of('google_dns_managed_zone').length, PRICES.dns.zoneMonth, 'zones'),
    line('Images', 20 * 0.25 - PRICES.registry.freeGib, PRICES.registry.gib, 'GiB of twenty images'),
    ...[...of('google_cloud_run_v2_service'), ...of('google_cloud_run_v2_job')].map(runIdle),
  ].filter(({ dollars }) => dollars > 0)
}

function sqlCost({ attributes }: Resource): CostLine {
  const tier = String(valueAt(attributes, 'settings.tier'))
  const machine = Object.entries(PRICES.sql).find(([name]) => name === tier)?.[1]
  if (machine === undefined) throw new TypeError(`infra/prices.ts has no price for the machine ${tier}`)
  const disk = Number(valueAt(attributes, 'settings.disk_size'))
  const copies = valueAt(attributes, 'settings.availability_type') === 'REGIONAL' ? 2 : 1
  const dollars = copies * (machine + disk * PRICES.sql.ssdGib) + disk * PRICES.sql.backupGib
  return {
    what: 'Ledger',
    basis: `${tier}, ${disk} GiB, ${copies === 2 ? 'two zones' : 'one zone'}: always on`,
    dollars,
  }
}

function conditionsOf({ attributes }: Resource): number {
  const conditions = valueAt(attributes, 'conditions')
  return Array.isArray(conditions) ? conditions.length : 0
}

function runIdle(resource: Resource): CostLine {
  const least: Json | undefined = valueAt(resource.attributes, 'template.scaling.min_instance_count') ?? 0
  const seconds = NIGHTS * 86_400 * Number(least)
  return { what: textAt(resource, 'name'), basis: `${least} instances kept`, dollars: seconds * PRICES.run.cpuSecond }
}

/** Cost that a number of locations adds in a month of nights, with the storage of a year. */
export function nightlyCost(deployment: Deployment, locations: number): readonly CostLine[] {
  const night = nightOf(locations)
  const { run, storage, bigquery, pubsub, logging, network, secrets } = PRICES
  const kept = (perNight: number) => perNight * locations * NIGHTS * 12
  return [
    ...computeCost(deployment, night),
    line(
      'Requests',
      NIGHTS * (night.requests + ASSUMED.watch.passesPerDay) - run.freeRequests,
      run.perMillionRequests / 1e6,
      'beyond the free ones',
    ),
    line('Object writes', (NIGHTS * night.classA) / 1000, storage.thousandWrites, 'thousands'),
    line('Object reads', (NIGHTS * night.classB) / 1000, storage.thousandReads, 'thousands'),
    line('Raw objects', kept(ASSUMED.rawGib), storage.coldlineGib, 'GiB after a year, mostly Coldline'),
    line('Parts', kept(ASSUMED.partGib), storage.nearlineGib, 'GiB after a year, mostly Nearline'),
    line(
      'Tables',
      kept(ASSUMED.tableGib) - bigquery.freeGib,
      bigquery.longTermGib,
      'GiB after a year, mostly long-term',
    ),
    line('Loads', 0, 0, 'load jobs are free'),
    line(
      'Queries',
      (NIGHTS * (night.bytesBilled + night.buildBytes)) / 2 ** 40 - bigquery.freeQueryTib,
      bigquery.queryTib,
      'TiB of loads and builds of models, beyond the free ones',
    ),
    line('Messages', gib(night.messageBytes) - pubsub.freeGib, pubsub.tib / 1024, 'GiB beyond the free ones'),
    line('Logs', gib(night.logBytes) - logging.freeGib, logging.gib, 'GiB beyond the free ones'),
    // This night's files, and those of the night before once more.
    line('NAT traffic', 2 * NIGHTS * locations * ASSUMED.rawGib, network.natGib, 'GiB through the address'),
    line('Secret reads', (NIGHTS * night.secretReads) / 10_000, secrets.tenThousandReads, 'ten thousands'),
  ].filter(({ dollars }) => dollars > 0)
}

// Of infra/stacks/compute.ts.
const WATCH_SIZE = { cpu: 1, memory: 1 }

/** The worker at night, and the watch each minute. An instance is paid for while it has a request, even a waiting one; it has several at a time. */
function computeCost(deployment: Deployment, night: Night): readonly CostLine[] {
  const { run } = PRICES
  const { cpu, memory, messages } = deployment.infra.worker
  const seconds = NIGHTS * Math.max(night.requestSeconds / messages, night.cpuSeconds / Number(cpu))
  const watching =
    NIGHTS * ASSUMED.watch.passesPerDay * (ASSUMED.watch.seconds + night.locations * ASSUMED.watch.perLocation)
  // While a service works, its proxy to the ledger is paid for as well.
  const proxy = ledgerInstance(deployment) === null ? { cpu: 0, memory: 0 } : { cpu: 1, memory: 0.5 }
  const cpuSeconds = seconds * (Number(cpu) + proxy.cpu) + watching * (WATCH_SIZE.cpu + proxy.cpu)
  const gibSeconds =
    seconds * (Number.parseInt(memory, 10) + proxy.memory) + watching * (WATCH_SIZE.memory + proxy.memory)
  return [
    line('Compute', cpuSeconds - run.freeCpuSeconds, run.cpuSecond, 'processor seconds beyond the free ones'),
    line('Memory', gibSeconds - run.freeGibSeconds, run.gibSecond, 'GiB seconds beyond the free ones'),
  ]
}

function gib(bytesPerNight: number): number {
  return (NIGHTS * bytesPerNight) / 2 ** 30
}

/** Dollars of some lines. */
export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0)
}

function line(what: string, amount: number, price: number, basis: string): CostLine {
  const charged = Math.max(0, amount)
  return { what, basis: `${round(charged)} ${basis}`, dollars: charged * price }
}

function round(amount: number): string {
  return Number.isInteger(amount) ? String(amount) : amount.toFixed(amount < 10 ? 2 : 0)
}
