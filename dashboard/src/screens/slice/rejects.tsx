import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RejectedValue } from '../../parts/rejected-value.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>

/** Rows that were set aside, line by line. */
export function Rejects({ slice }: { readonly slice: Answer }) {
  const { pipeline, window, shard, stream } = slice
  const query = useApi('GET /api/rejects', {
    query: { pipeline, window: [window], shard: [shard], stream: [stream], pageSize: 100 },
  })
  return (
    <Panel title={`Set aside: ${countOf(slice.rejected ?? 0)}`} isFlush>
      <Asked query={query} what="the rows that were set aside">
        {({ rejects }) => (
          <Table label="Rows set aside" heads={['>Line', 'Column', 'Value', 'Rule', 'Why']}>
            {rejects.map((reject) => (
              <tr key={`${reject.line}/${reject.column}/${reject.rule}`}>
                <Cell isNumber>{reject.line === null ? '' : countOf(reject.line)}</Cell>
                <Cell>{reject.column}</Cell>
                <Cell>
                  <RejectedValue value={reject.value} />
                </Cell>
                <Cell>{reject.rule}</Cell>
                <Cell isWide>{reject.message && <Told text={reject.message} />}</Cell>
              </tr>
            ))}
          </Table>
        )}
      </Asked>
    </Panel>
  )
}
