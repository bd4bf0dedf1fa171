import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLineageNames } from '../../functions/compose/lineage-sending.ts'
import { type EndedWork, type RunEvent, runEvents } from '../../functions/models/lineage/openlineage.ts'
import { shippedSources } from '../support/catalog.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'

// Reads each event into the classes of the client, whose constructors know the members of each facet.
const READ = `import importlib, json, pkgutil, sys
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.serde import Serde

CLASSES = {}
for module in pkgutil.iter_modules(importlib.import_module("openlineage.client.generated").__path__):
    CLASSES.update(vars(importlib.import_module("openlineage.client.generated." + module.name)))

def facet(members):
    known = CLASSES[members["_schemaURL"].rsplit("/", 1)[1]]
    return known(**{name: value for name, value in members.items() if not name.startswith("_")})

def read(members, key="facets"):
    return {name: facet(value) for name, value in members.get(key, {}).items()}

for event in json.load(open(sys.argv[1], encoding="utf-8")):
    made = RunEvent(
        eventType=RunState[event["eventType"]], eventTime=event["eventTime"], producer=event["producer"],
        run=Run(event["run"]["runId"], read(event["run"])),
        job=Job(event["job"]["namespace"], event["job"]["name"], read(event["job"])),
        inputs=[InputDataset(d["namespace"], d["name"], facets=read(d)) for d in event["inputs"]],
        outputs=[OutputDataset(d["namespace"], d["name"], facets=read(d), outputFacets=read(d, "outputFacets")) for d in event["outputs"]],
    )
    Serde.to_json(made)
    print(event["eventType"], event["job"]["name"])
`

const judge = await findJudge('openlineage')

describe.skipIf(judge.without !== null)(`run events, read by the client of OpenLineage${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-openlineage-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function read(events: readonly RunEvent[]) {
    const file = join(folder, 'events.json')
    await writeFile(file, JSON.stringify(events))
    return await judge.run('python', ['-c', READ, file])
  }

  const ENDED: EndedWork = {
    ...{ table: 'models.daily_sales', window: '2026-10-29', epoch: 1, startedAt: 1_000, endedAt: 2_000, rows: 3 },
    ...{ bytes: 1_024, totals: { amount: '12.34' }, checks: [{ name: 'a', effect: 'warn', failed: 1 }], error: null },
  }

  it('of every stream and every model, with each of their facets', async () => {
    const { graph, project } = await shippedSources()
    const sources = { graph, names: openLineageNames(project), sql: 'SELECT 1', owner: 'finance@example.com' }
    const tables = [...graph.nodes.values()].filter(({ kind }) => kind === 'stream' || kind === 'model')
    const events = tables.flatMap(({ id: table }) => [
      ...runEvents({ ...ENDED, table }, sources),
      runEvents({ ...ENDED, table, error: { code: 'MODEL_HELD', message: 'a check failed' } }, sources)[1],
    ])
    const { code, stdout, stderr } = await read(events)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(tables.length * 3)
  })

  it('and not with a member that no facet has', async () => {
    const { graph, project } = await shippedSources()
    const sources = { graph, names: openLineageNames(project), sql: null, owner: null }
    const text = JSON.stringify(runEvents(ENDED, sources)).replaceAll('"rowCount":', '"rowsCounted":')
    const { code, stderr } = await read(JSON.parse(text))
    expect(code).not.toBe(0)
    expect(stderr).toContain('rowsCounted')
  })
})
