import { usePipeline } from '../../app/view.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RunTable } from '../runs/run-table.tsx'

/** The newest runs that found something to do. */
export function LastRuns() {
  const query = useApi('GET /api/runs', { query: { ...usePipeline(), pageSize: 5, withWork: true } })
  return (
    <Panel title="Last runs" isFlush>
      <Asked query={query} what="the last runs">
        {({ runs }) => <RunTable runs={runs} />}
      </Asked>
    </Panel>
  )
}
