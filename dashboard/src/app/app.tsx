import { lazy, Suspense } from 'react'
import { Route, Routes, useSearchParams } from 'react-router'
import { ApiProblem } from '../data/api.ts'
import type { Clock } from '../data/time.ts'
import { Refused } from '../parts/asked.tsx'
import { Today } from '../screens/today/today.tsx'
import { Lost } from './lost.tsx'
import { useMe } from './session.ts'
import { Shell } from './shell.tsx'
import { SignedOut } from './signed-out.tsx'
import { ViewContext } from './view.ts'

const Slice = lazy(async () => ({ default: (await import('../screens/slice/slice.tsx')).Slice }))
const Runs = lazy(async () => ({ default: (await import('../screens/runs/runs.tsx')).Runs }))
const Run = lazy(async () => ({ default: (await import('../screens/runs/run.tsx')).Run }))

/** The pages and their addresses. */
export function App() {
  const me = useMe()
  const [search] = useSearchParams()
  if (me.error instanceof ApiProblem && me.error.problem.status === 401) return <SignedOut />
  if (me.error) return <Refused error={me.error} what="who you are" onRetry={() => void me.refetch()} />
  if (!me.data) return null
  const clock = CLOCKS.find((each) => each === search.get('tz')) ?? 'place'
  return (
    <ViewContext.Provider value={{ me: me.data, clock, pipeline: search.get('pipeline') }}>
      <Shell>
        <Suspense fallback={<p role="status">Opening …</p>}>
          <Routes>
            <Route path="/" element={<Today />} />
            <Route path="/slices/:pipeline/:window/:shard/:stream" element={<Slice />} />
            <Route path="/runs" element={<Runs />} />
            <Route path="/runs/:id" element={<Run />} />
            <Route path="*" element={<Lost />} />
          </Routes>
        </Suspense>
      </Shell>
    </ViewContext.Provider>
  )
}

const CLOCKS: readonly Clock[] = ['place', 'mine', 'utc']
