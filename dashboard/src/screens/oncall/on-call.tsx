import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

/** Who is on call, until when, who is next? */
export function OnCall() {
  const query = useApi('GET /api/on-call')
  return (
    <Asked query={query} what="who is on call">
      {({ rotations }) => (
        <>
          <Head
            sentence={
              rotations.length === 0
                ? 'No rotation is set up.'
                : `On call: ${rotations.map(({ person, rotation }) => `${person ?? 'nobody'} (${rotation})`).join(', ')}.`
            }
            more="Rotations are weeks on the clock of their zone; where clocks change, a shift is an hour longer or shorter."
          />
          {rotations.length === 0 && (
            <Panel>
              <Empty>Rotations are named in config/notify.yaml, under rotations.</Empty>
            </Panel>
          )}
          {rotations.map(({ rotation, timeZone, shifts }) => (
            <Panel key={rotation} title={`${rotation}, ${timeZone}`} isFlush>
              <Table label={`Shifts of ${rotation}`} heads={['Who', 'From', 'To', '']}>
                {shifts.map(({ person, from, to, isOverride }) => (
                  <tr key={from}>
                    <Cell>{person}</Cell>
                    <Cell>
                      <When at={from} place={timeZone} />
                    </Cell>
                    <Cell>
                      <When at={to} place={timeZone} />
                    </Cell>
                    <Cell>{isOverride ? 'swapped' : ''}</Cell>
                  </tr>
                ))}
              </Table>
            </Panel>
          ))}
        </>
      )}
    </Asked>
  )
}
