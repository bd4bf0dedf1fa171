import { useApi } from '../../data/query.ts'
import { daysBefore, spanOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Bar } from '../../parts/bar.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const DAYS = 91

interface LatenessProps {
  readonly shard: string
  readonly pipeline: string
  /** Last window. */
  readonly to: string
}

/** Time from the first look to the table by weekday, over 13 weeks. */
export function Lateness({ shard, pipeline, to }: LatenessProps) {
  const query = useApi('GET /api/metrics', {
    query: { series: 'lateness', by: 'weekday', shard: [shard], pipeline, from: daysBefore(to, DAYS - 1), to },
  })
  return (
    <Panel title="From the first look to the table, by weekday, median of 13 weeks" isFlush>
      <Asked query={query} what="the lateness">
        {({ points }) => {
          const most = Math.max(1, ...points.map(({ value }) => value ?? 0))
          if (points.every(({ value }) => value === null)) return <Empty>Nothing was loaded in these weeks.</Empty>
          return (
            <Table label="Lateness by weekday" heads={['Weekday', '>Median', '']}>
              {WEEKDAYS.map((weekday, at) => {
                const value = points.find(({ key }) => key === String(at + 1))?.value ?? null
                return (
                  <tr key={weekday}>
                    <Cell>{weekday}</Cell>
                    <Cell isNumber>{value === null ? '–' : spanOf(value * 1000)}</Cell>
                    <Cell>
                      <Bar share={(value ?? 0) / most} width={160} />
                    </Cell>
                  </tr>
                )
              })}
            </Table>
          )
        }}
      </Asked>
    </Panel>
  )
}
