import { partitionsOn, WHOLE } from '../../models/affected.ts'
import { compiledOf } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import { isDue } from '../build/ensure-built.ts'
import type { SetInUse } from '../build/project.ts'
import type { SeenBuild } from '../build/task.ts'
import { lookAtBuild } from '../build/wanted.ts'
import type { Build, BusinessDate, Instant } from '../entities.ts'
import type { Change, Ports } from '../ports.ts'
import { expireVersions } from './apply-models.ts'
import { newBuilds } from './request-builds.ts'
import { sendBuilds } from './send-builds.ts'
import type { Worker } from './worker.ts'

// Longer than any job is waited for: a row that is pending for so long lost the message that would have ended it.
const FORGOTTEN = 15 * 60_000
const PLACE = 'renewed/models'

/**
 * Records builds that no load asks for: of partitions that were left pending, of held ones that are due again, and of those that
 * are not what their inputs say. The last are looked for on the newest date and on the next one in turn, so that some days of
 * sweeps see every date: a change of a seed, a new model, a ledger that was put back. Returns how many dates it found.
 */
export async function renewBuilds(worker: Pick<Worker, 'models' | 'ports'>): Promise<number> {
  const { models, ports } = worker
  if (!models) return 0
  const { ledger, clock } = ports
  const now = clock.now()
  const stuck = await ledger.builds({ states: ['pending', 'held'] })
  const found = new Set(stuck.filter((build) => isLeft(build, now)).map(({ window }) => window))
  const dates = await datesToLookAt(streamPipelines(models.compiled), ports)
  for (const used of await models.inUse(ports))
    for (const date of dates) if (await differs(used, date, ports)) found.add(date)
  const windows = found.has(WHOLE) ? [...found, ...dates.slice(-1)] : [...found]
  await record(
    windows.filter((window) => window !== WHOLE),
    dates[0],
    ports,
  )
  await sendBuilds(worker)
  await expireVersions(worker)
  return windows.length
}

function isLeft(build: Build, now: Instant): boolean {
  if (build.state === 'held') return isDue(build, now)
  return build.state === 'pending' && now - build.updatedAt > FORGOTTEN
}

/** The next date after the last one that was looked at, then the newest. */
async function datesToLookAt(
  pipelines: readonly string[],
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly BusinessDate[]> {
  const place = (await ledger.mark(PLACE))?.value ?? ''
  const known = new Set<BusinessDate>()
  for (const pipeline of pipelines) {
    const [newest] = await ledger.newestWindows(pipeline, 1)
    if (newest !== undefined) known.add(newest)
    for (const from of [place, ''])
      for (const { window } of await ledger.partitions({ pipeline, ...(from !== '' && { from }), limit: PAGE }))
        if (window > from) known.add(window)
  }
  const sorted = [...known].toSorted()
  const next = sorted.find((date) => date > place) ?? sorted[0]
  const newest = sorted.at(-1)
  return [...new Set([next, newest].filter((date) => date !== undefined))]
}

// Partitions among which the next date is looked for.
const PAGE = 100

async function differs({ set, owned }: SetInUse, date: BusinessDate, ports: Ports): Promise<boolean> {
  for (const { model: name, window } of partitionsOn(compiledOf(set), { dates: [date] })) {
    const model = owned.has(name) ? set.get(name) : undefined
    if (model && isOther(await lookAtBuild({ model, window, set, environment: '' }, ports))) return true
  }
  return false
}

function isOther({ build, wanted, accepted, isEmpty, blockedBy }: SeenBuild): boolean {
  if (blockedBy !== null || build?.state === 'pending') return false
  return build === null ? !isEmpty : ![wanted, ...accepted].includes(build.wanted)
}

async function record(windows: readonly string[], place: string | undefined, ports: Ports): Promise<void> {
  const { ledger, clock } = ports
  const messages = await newBuilds(windows, ports)
  const mark: readonly Change[] =
    place === undefined ? [] : [{ change: 'mark', mark: { name: PLACE, value: place, at: clock.now() } }]
  await ledger.apply([...mark, ...messages.map((message): Change => ({ change: 'message', message }))])
}
