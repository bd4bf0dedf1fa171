import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

/** Days whose measures in the models are unlike earlier days: what, how much against the usual, and which part explains it. */
export function Unusual() {
  const query = useApi('GET /api/quality')
  return (
    <Panel title="Unusual days by the models" isFlush>
      <Asked query={query} what="the unusual days">
        {({ sentence, outliers }) =>
          outliers.length === 0 ? (
            <Empty>
              <Told text={sentence} />
            </Empty>
          ) : (
            <Table label="Unusual days" heads={['Day', 'Where', 'Model', 'What', 'Explained by', 'Known']}>
              {outliers.map(({ window, shard, shardName, model, check, message, sentence: parts, event }) => (
                <tr key={`${window}/${shard}/${model}/${check}`}>
                  <Cell>{dayOf(window)}</Cell>
                  <Cell>{shardName}</Cell>
                  <Cell>{model}</Cell>
                  <Cell isWide>
                    <Told text={message} />
                  </Cell>
                  <Cell isWide>{parts && <Told text={parts} />}</Cell>
                  <Cell>{event ?? '–'}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}
