import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { spanOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Bar } from '../../parts/bar.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

/** Steps of a run by time: each kind as a bar from zero, its time next to it. */
export function Steps({ id }: { readonly id: string }) {
  const query = useApi('GET /api/runs/{id}/steps', { path: { id } })
  return (
    <Panel title="What took long" isFlush>
      <Asked query={query} what="the steps">
        {({ steps }) => {
          const most = Math.max(1, ...steps.map(({ milliseconds }) => milliseconds))
          if (steps.length === 0) return <Empty>No time was recorded for this run.</Empty>
          return (
            <Table label="Steps" heads={['Step', '>Time', '->Done', '-']}>
              {steps
                .toSorted((a, b) => b.milliseconds - a.milliseconds)
                .map(({ step, milliseconds, count }) => (
                  <tr key={step}>
                    <Cell>{step}</Cell>
                    <Cell isNumber>{spanOf(milliseconds)}</Cell>
                    <Cell isNumber isMinor>
                      {several(count, 'time')}
                    </Cell>
                    <Cell isMinor>
                      <Bar share={milliseconds / most} width={320} />
                    </Cell>
                  </tr>
                ))}
            </Table>
          )
        }}
      </Asked>
    </Panel>
  )
}
