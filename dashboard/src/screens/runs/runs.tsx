import { useSearchParams } from 'react-router'
import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Head } from '../../parts/head.tsx'
import { Pages } from '../../parts/pages.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RunTable } from './run-table.tsx'

const STATES = ['succeeded', 'partial', 'failed', 'running'] as const

/** Did it work, and what took long? */
export function Runs() {
  const [search] = useSearchParams()
  const pageToken = search.get('page')
  const state = STATES.find((each) => each === search.get('state'))
  const query = useApi('GET /api/runs', {
    query: {
      pageSize: 50,
      ...(pageToken !== null && { pageToken }),
      ...(state !== undefined && { state: [state] }),
      ...(search.has('from') && rangeOf(search.get('from') ?? '')),
      ...(search.get('all') !== '1' && { withWork: true }),
    },
  })
  return (
    <Asked query={query} what="the runs">
      {({ runs, nextPageToken }) => (
        <>
          <Head
            sentence={sentenceOf(runs)}
            more="Newest first. A run that is partial published everything that was right."
          />
          <Panel isFlush label="Runs">
            <div className="flex flex-wrap gap-2 border-b px-3 py-2">
              <Choice
                name="state"
                label="State"
                choices={[['', 'All'] as const, ...STATES.map((each) => [each, each] as const)]}
              />
              <Choice
                name="all"
                label="Looks"
                choices={[
                  ['', 'With work'],
                  ['1', 'Every look'],
                ]}
              />
            </div>
            <RunTable runs={runs} />
            <Pages next={nextPageToken} />
          </Panel>
        </>
      )}
    </Asked>
  )
}

/** A day in UTC as two instants. */
function rangeOf(day: string) {
  const from = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(from)) return {}
  return { from: new Date(from).toISOString(), to: new Date(from + 86_400_000).toISOString() }
}

function sentenceOf(runs: readonly { readonly state: string }[]): string {
  const [newest] = runs
  if (!newest) return 'No run is listed here.'
  const failed = runs.filter(({ state }) => state === 'failed').length
  const partial = runs.filter(({ state }) => state === 'partial').length
  if (failed + partial === 0) return `All of ${several(runs.length, 'run')} succeeded.`
  return `The newest run is ${newest.state}; of ${several(runs.length, 'run')} ${failed} failed, and ${partial} left something for a person.`
}
