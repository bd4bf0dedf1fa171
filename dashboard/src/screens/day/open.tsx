import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told, useNames } from '../../parts/told.tsx'

type Day = ApiAnswer<'GET /api/days/{pipeline}/{window}'>

/** Checks across files that dispute the day. */
export function Disputes({ day }: { readonly day: Day }) {
  const names = useNames()
  if (day.disputes.length === 0) return null
  return (
    <Panel title="Files that disagree" isFlush>
      <Table label="Files that disagree" heads={['Where', 'Check', 'What it found']}>
        {day.disputes.map(({ shard, check, stream, message }) => (
          <tr key={`${shard}/${stream}/${check}`}>
            <Cell>{names.byId.get(shard) ?? shard}</Cell>
            <Cell>
              {stream === '*' ? (
                check
              ) : (
                <Link to={sliceHref({ pipeline: day.pipeline, window: day.window, shard, stream })}>{check}</Link>
              )}
            </Cell>
            <Cell isWide>
              <Told text={message} />
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

/** Files of the day that are not loaded. */
export function Open({ day: { pipeline, window } }: { readonly day: Day }) {
  const query = useApi('GET /api/slices', {
    query: { pipeline, from: window, to: window, state: ['missing', 'held', 'quarantined'], pageSize: 100 },
  })
  return (
    <Asked query={query} what="what is missing">
      {({ slices }) =>
        slices.length > 0 && (
          <Panel title="Missing or set aside" isFlush>
            <Table label="Missing or set aside" heads={['Where', 'Stream', 'State', 'Why']}>
              {slices.map((slice) => (
                <tr key={`${slice.shard}/${slice.stream}`}>
                  <Cell>{slice.shardName}</Cell>
                  <Cell>
                    <Link to={sliceHref(slice)}>{slice.stream}</Link>
                  </Cell>
                  <Cell>
                    <Chip state={slice.state} />
                  </Cell>
                  <Cell isWide>{slice.reason && <Told text={slice.reason.message} />}</Cell>
                </tr>
              ))}
            </Table>
          </Panel>
        )
      }
    </Asked>
  )
}
