import { parseArgs } from 'node:util'
import { systemClock } from '../functions/adapters/local/clock.ts'
import { openWatch } from '../functions/compose/watch.ts'
import { compose, type Daybreak } from '../functions/compose.ts'
import { loadProject } from '../functions/config/project.ts'
import { lookScheduled } from '../functions/handlers/sweep.ts'
import { sendLoads } from '../functions/pipeline/work/send-loads.ts'
import { watchPass } from '../functions/watch/pass.ts'
import { countStatements } from '../tests/support/count-statements.ts'
import { shardAt } from '../tests/support/large-ledger.ts'
import { aMessage } from '../tests/support/ledger-rows.ts'
import { extentOf, type Kind, openPlace, type Place } from './large/place.ts'
import { cpuOfAll, load } from './large/process.ts'

const { values } = parseArgs({
  options: {
    ledger: { type: 'string', default: 'sqlite,postgres' },
    extents: { type: 'string', default: '200x72' },
    folder: { type: 'string' },
  },
})

const statements = countStatements()

/** Statements of the ledger and processor time of the messages of a night and a minute, with so much history. */
async function measure(kind: Kind, text: string): Promise<void> {
  const place = await openPlace(kind, extentOf(text), values.folder)
  const env = { ...process.env, DAYBREAK_HOME: place.home }
  const project = await loadProject({ projectDir: place.project, environment: 'local', env })
  const daybreak = await compose(project, { clock: systemClock, log: () => undefined })
  console.log(`${kind}, ${text}, load ${load()}`)
  const watch = await openWatch(project, daybreak)
  try {
    const pass = () => watchPass(watch.ports)
    await tell('watch: first pass', place, pass)
    await tell('watch: next pass', place, pass)
    await tell('watch: quiet pass', place, pass)
    await tell('watch: a slice changed', place, async () => {
      const filter = { pipeline: 'toast', windows: [place.windowBack(1)], shards: [shardAt(3)] }
      const [slice] = await daybreak.ports.ledger.slices(filter)
      if (slice) await daybreak.ports.ledger.apply([{ change: 'slice', slice: { ...slice, lookedAt: Date.now() } }])
      await pass()
    })
    const definition = daybreak.definitions.get('toast')
    if (!definition) throw new TypeError('there is no pipeline toast')
    for (const name of ['sweep', 'sweep, again'])
      await tell(name, place, () => lookScheduled(definition, { at: Date.now() }, daybreak.worker))
    await tell('ten files end, and their load is sent', place, () => endIngests(daybreak, place))
  } finally {
    await watch.close()
    await daybreak.close()
    await place.close()
  }
}

/** Ends the work on ten files, as a worker does. */
async function endIngests({ ports }: Daybreak, { windowBack }: Place): Promise<void> {
  const window = windowBack(0)
  for (let n = 0; n < 10; n++) {
    const own = { attempts: 0, createdAt: Date.now(), sentAt: Date.now(), runId: null, version: 0 }
    const id = `growth-${Date.now()}-${n}`
    const work = { kind: 'ingest', pipeline: 'toast', shard: shardAt(n), windows: [window] } as const
    await ports.ledger.apply([{ change: 'message', message: aMessage({ ...own, id, work, state: 'pending' }) }])
    const ingest = await ports.ledger.message(id)
    if (!ingest) throw new TypeError(`the message ${id} is not there`)
    const loads = { kind: 'load', pipeline: 'toast', stream: 'order_details', window } as const
    await ports.ledger.apply([
      {
        change: 'message',
        message: aMessage({ ...own, id: `${id}-load`, work: loads, state: 'pending', sentAt: null }),
      },
      { change: 'message', message: { ...ingest, state: 'done' } },
    ])
    await sendLoads('toast', ports, [window])
  }
}

async function tell(name: string, { database }: Place, work: () => Promise<unknown>): Promise<void> {
  const [before, data, began] = [statements(), database === null ? 0 : cpuOfAll(database), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(began)
  const other = database === null ? '' : ` + ${Math.round((cpuOfAll(database) - data) * 1_000)}`
  console.log(
    `${name.padEnd(40)} ${statements() - before} statements, processor ${Math.round((user + system) / 1_000)}${other} ms`,
  )
}

for (const text of values.extents.split(','))
  for (const kind of values.ledger.split(',')) await measure(kind as Kind, text)
