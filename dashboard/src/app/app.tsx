import { lazy, Suspense } from 'react'
import { Route, Routes, useSearchParams } from 'react-router'
import { ApiProblem } from '../data/api.ts'
import { useApi } from '../data/query.ts'
import type { Clock } from '../data/time.ts'
import { Refused } from '../parts/asked.tsx'
import { Today } from '../screens/today/today.tsx'
import { Lost } from './lost.tsx'
import { useMe } from './session.ts'
import { Shell } from './shell.tsx'
import { SignedOut } from './signed-out.tsx'
import { useKeptEnvironment, ViewContext } from './view.ts'

const Slice = lazy(async () => ({ default: (await import('../screens/slice/slice.tsx')).Slice }))
const Runs = lazy(async () => ({ default: (await import('../screens/runs/runs.tsx')).Runs }))
const Run = lazy(async () => ({ default: (await import('../screens/runs/run.tsx')).Run }))
const Backfills = lazy(async () => ({ default: (await import('../screens/backfills/backfills.tsx')).Backfills }))
const NewBackfill = lazy(async () => ({ default: (await import('../screens/backfills/new-backfill.tsx')).NewBackfill }))
const Backfill = lazy(async () => ({ default: (await import('../screens/backfills/backfill.tsx')).Backfill }))
const Rejects = lazy(async () => ({ default: (await import('../screens/rejects/rejects.tsx')).Rejects }))
const Incidents = lazy(async () => ({ default: (await import('../screens/incidents/incidents.tsx')).Incidents }))
const Incident = lazy(async () => ({ default: (await import('../screens/incidents/incident.tsx')).Incident }))
const OnCall = lazy(async () => ({ default: (await import('../screens/oncall/on-call.tsx')).OnCall }))
const Quality = lazy(async () => ({ default: (await import('../screens/quality/quality.tsx')).Quality }))
const Catalog = lazy(async () => ({ default: (await import('../screens/catalog/catalog.tsx')).Catalog }))
const Stream = lazy(async () => ({ default: (await import('../screens/catalog/stream.tsx')).Stream }))
const Models = lazy(async () => ({ default: (await import('../screens/models/models.tsx')).Models }))
const Model = lazy(async () => ({ default: (await import('../screens/models/model.tsx')).Model }))
const ModelChanges = lazy(async () => ({ default: (await import('../screens/models/changes.tsx')).ModelChanges }))
const Lineage = lazy(async () => ({ default: (await import('../screens/lineage/lineage.tsx')).Lineage }))
const Connections = lazy(async () => ({
  default: (await import('../screens/connections/connections.tsx')).Connections,
}))
const Costs = lazy(async () => ({ default: (await import('../screens/costs/costs.tsx')).Costs }))
const Audit = lazy(async () => ({ default: (await import('../screens/audit/audit.tsx')).Audit }))
const Settings = lazy(async () => ({ default: (await import('../screens/settings/settings.tsx')).Settings }))
const Day = lazy(async () => ({ default: (await import('../screens/day/day.tsx')).Day }))
const Location = lazy(async () => ({ default: (await import('../screens/location/location.tsx')).Location }))

/** The pages and their addresses. */
export function App() {
  const me = useMe()
  const [search] = useSearchParams()
  const environment = useKeptEnvironment()
  const listed = useApi('GET /api/pipelines', undefined, { enabled: me.data !== undefined })
  if (me.error instanceof ApiProblem && me.error.problem.status === 401)
    return <SignedOut signIn={me.error.problem.signIn ?? null} />
  if (me.error) return <Refused error={me.error} what="who you are" onRetry={() => void me.refetch()} />
  if (!me.data || listed.isPending) return null
  const pipelines = listed.data?.pipelines.map(({ name }) => name) ?? []
  const usual = pipelines.length > 1 ? (pipelines[0] ?? null) : null
  const clock = CLOCKS.find((each) => each === search.get('tz')) ?? 'place'
  return (
    <ViewContext.Provider
      value={{ me: me.data, clock, pipeline: search.get('pipeline') ?? usual, pipelines, environment }}
    >
      <Shell>
        <Suspense fallback={<p role="status">Opening …</p>}>
          <Routes>
            <Route path="/" element={<Today />} />
            <Route path="/slices/:pipeline/:window/:shard/:stream" element={<Slice />} />
            <Route path="/days/:pipeline/:window" element={<Day />} />
            <Route path="/locations/:shard" element={<Location />} />
            <Route path="/runs" element={<Runs />} />
            <Route path="/runs/:id" element={<Run />} />
            <Route path="/backfills" element={<Backfills />} />
            <Route path="/backfills/new" element={<NewBackfill />} />
            <Route path="/backfills/:id" element={<Backfill />} />
            <Route path="/rejects" element={<Rejects />} />
            <Route path="/incidents" element={<Incidents />} />
            <Route path="/incidents/:id" element={<Incident />} />
            <Route path="/on-call" element={<OnCall />} />
            <Route path="/quality" element={<Quality />} />
            <Route path="/data" element={<Catalog />} />
            <Route path="/data/:stream" element={<Stream />} />
            <Route path="/models" element={<Models />} />
            <Route path="/models/changes" element={<ModelChanges />} />
            <Route path="/models/:model" element={<Model />} />
            <Route path="/lineage" element={<Lineage />} />
            <Route path="/connections" element={<Connections />} />
            <Route path="/costs" element={<Costs />} />
            <Route path="/audit" element={<Audit />} />
            <Route path="/settings" element={<Settings />} />
            <Route path="/settings/:kind" element={<Settings />} />
            <Route path="*" element={<Lost />} />
          </Routes>
        </Suspense>
      </Shell>
    </ViewContext.Provider>
  )
}

const CLOCKS: readonly Clock[] = ['place', 'mine', 'utc']
