import { Link, useSearchParams } from 'react-router'
import { countOf } from '../../data/amount.ts'
import { sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

interface FailuresProps {
  readonly stream: string
  readonly pipeline: string
}

/** Checks that failed in the window that the address names: each file, and what the check found. */
export function Failures({ stream, pipeline }: FailuresProps) {
  const [search] = useSearchParams()
  const window = search.get('window')
  return window === null ? null : <OfWindow stream={stream} pipeline={pipeline} window={window} />
}

function OfWindow({ stream, pipeline, window }: FailuresProps & { readonly window: string }) {
  const query = useApi('GET /api/checks/{stream}', {
    path: { stream },
    query: { from: window, to: window, pageSize: 200 },
  })
  return (
    <Panel title={`Checks that failed on ${dayOf(window)}, file by file`} isFlush>
      <Asked query={query} what="the checks of the window">
        {({ checks }) =>
          checks.length === 0 ? (
            <Empty>No check failed in this window.</Empty>
          ) : (
            <Table
              label="Checks of the window"
              heads={['Where', 'Check', 'Result', '>Tested', '>Failed', 'What it found']}
            >
              {checks.map(({ shard, shardName, check, rule, state, tested, failed, message }) => (
                <tr key={`${shard}/${check}/${rule}`}>
                  <Cell>
                    <Link to={sliceHref({ pipeline, window, shard, stream })}>{shardName}</Link>
                  </Cell>
                  <Cell>{check}</Cell>
                  <Cell>
                    <Chip state={state} />
                  </Cell>
                  <Cell isNumber>{countOf(tested)}</Cell>
                  <Cell isNumber>{countOf(failed)}</Cell>
                  <Cell isWide>{message && <Told text={message} />}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}
