import type { LocalCloud } from '../../tests/support/cloud.ts'
import type { Instances } from './instances.ts'

/** Requests to every service, from the servers' own records. Plain numbers, so that they can be subtracted and fitted. */
export type Usage = Readonly<Record<string, number>>

/** Everything that was counted since the start. */
export async function countUsage(cloud: LocalCloud, instances: Instances): Promise<Usage> {
  return {
    ...storageUsage(cloud),
    ...pubsubUsage(cloud),
    ...bigqueryUsage(cloud),
    secretReads: cloud.secrets.calls.length,
    ...(await ledgerUsage(cloud)),
    ...runUsage(instances),
  }
}

/** Difference of two counts, without zeros. */
export function between(before: Usage, after: Usage): Usage {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return Object.fromEntries(
    names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const).filter(([, value]) => value !== 0),
  )
}

function storageUsage({ storage }: LocalCloud): Usage {
  const counts: Record<string, number> = { classA: 0, classB: 0, bytesWritten: 0, bytesRead: 0 }
  const add = (name: string, value: number) => {
    counts[name] = (counts[name] ?? 0) + value
  }
  for (const { operation, class: kind, name, status, bytesIn, bytesOut } of storage.calls) {
    if (kind !== 'free') add(kind === 'A' ? 'classA' : 'classB', 1)
    add('bytesWritten', bytesIn)
    add('bytesRead', bytesOut)
    add(`storage ${operation} ${name.split('/', 1)[0]} ${status}`, 1)
  }
  return counts
}

function pubsubUsage({ pubsub }: LocalCloud): Usage {
  const published = pubsub.usage('publish')
  const pushed = pubsub.usage('push')
  const bySubscription = Map.groupBy(pubsub.pushes(), ({ subscription }) => subscription.split('daybreak-').at(-1))
  return {
    publishRequests: published.requests,
    publishedMessages: published.messages,
    publishedBytes: published.billedBytes,
    pushes: pushed.requests,
    pushedBytes: pushed.billedBytes,
    ...Object.fromEntries([...bySubscription].map(([name, all]) => [`push ${name}`, all.length])),
    failedPushes: pubsub.pushes().filter(({ answer }) => answer !== 204).length,
  }
}

function bigqueryUsage({ bigquery }: LocalCloud): Usage {
  const { calls, loadJobs, queryJobs, bytesLoaded, bytesBilled } = bigquery.usage()
  const requests = Object.fromEntries(Object.entries(calls).map(([name, value]) => [`bigquery ${name}`, value]))
  return { loadJobs, queryJobs, bytesLoaded, bytesBilled, ...requests }
}

/** Transactions that wrote have a number each; those that only read are told from all by what is left. */
async function ledgerUsage({ postgres }: LocalCloud): Promise<Usage> {
  if (postgres === null) return {}
  const [writes] = await postgres.sql('select coalesce(sum(last_commit), 0) as n from worker1.sessions')
  const [all] = await postgres
    .sql(
      `select sum(calls) as n from pg_stat_statements where userid = (select oid from pg_roles where rolname = 'worker1')`,
    )
    .catch(() => [{ n: 0 }])
  return { ledgerWrites: Number(writes?.['n']), ledgerStatements: Number(all?.['n'] ?? 0) }
}

function runUsage(instances: Instances): Usage {
  const { requests, requestSeconds, instanceSeconds, cpuSeconds } = instances.busy()
  const { lines, bytes } = instances.logged()
  return {
    requests: Object.values(requests).reduce((sum, each) => sum + each, 0),
    requestSeconds,
    instanceSeconds,
    cpuSeconds,
    logLines: lines,
    logBytes: bytes,
  }
}
