import { useSearchParams } from 'react-router'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Head } from '../../parts/head.tsx'
import { Pages } from '../../parts/pages.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RunTable } from './run-table.tsx'

/** Did it work, and what took long? */
export function Runs() {
  const [search] = useSearchParams()
  const pageToken = search.get('page')
  const query = useApi('GET /api/runs', {
    query: {
      pageSize: 50,
      ...(pageToken !== null && { pageToken }),
      ...(search.get('all') !== '1' && { withWork: true }),
    },
  })
  return (
    <>
      <Head sentence="Runs, newest first." more="Looks that found nothing to do are left out; ?all=1 shows them." />
      <Panel isFlush label="Runs">
        <Asked query={query} what="the runs">
          {({ runs, nextPageToken }) => (
            <>
              <RunTable runs={runs} />
              <Pages next={nextPageToken} />
            </>
          )}
        </Asked>
      </Panel>
    </>
  )
}
