import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { dayOf } from '../../data/time.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type Answer = ApiAnswer<'GET /api/models/{model}'>

/** Checks with the result of the newest partition that each was asked of. */
export function Checks({ model }: { readonly model: Answer }) {
  return (
    <Panel title="Checks, each with its newest result" isFlush>
      {model.checkList.length === 0 ? (
        <Empty>It has no checks: what its query gives is published.</Empty>
      ) : (
        <Table
          label="Checks"
          heads={['Check', 'If it finds rows', 'Result', '>Rows found', '>Dates with findings', '-Query']}
        >
          {model.checkList.map(({ name, effect, sql }) => {
            const { newest, dates } = resultOf(model, name)
            return (
              <tr key={name}>
                <Cell>{name}</Cell>
                <Cell>{effect === 'block' ? 'holds the partition' : 'warns'}</Cell>
                <Cell>
                  {newest === null ? (
                    <span className="text-faint">not run yet</span>
                  ) : (
                    <>
                      <Chip state={newest.failed === 0 ? 'pass' : effect === 'block' ? 'fail' : 'warn'} />
                      {newest.window !== 'all' && <span className="ml-2 text-dim">{dayOf(newest.window)}</span>}
                    </>
                  )}
                </Cell>
                <Cell isNumber>{newest === null ? '' : countOf(newest.failed)}</Cell>
                <Cell isNumber>{countOf(dates)}</Cell>
                <Cell isMinor isWide>
                  <details>
                    <summary className="cursor-pointer text-dim">SQL</summary>
                    <pre className="mt-1 max-w-[70ch] overflow-x-auto font-mono text-sm whitespace-pre-wrap">{sql}</pre>
                  </details>
                </Cell>
              </tr>
            )
          })}
        </Table>
      )}
    </Panel>
  )
}

/** Newest result of a check, and the number of dates of which it found rows. */
function resultOf({ partitions }: Answer, name: string) {
  const results = partitions
    .flatMap(({ window, checks }) =>
      checks.filter((check) => check.name === name).map(({ failed }) => ({ window, failed })),
    )
    .toSorted((a, b) => (a.window < b.window ? 1 : -1))
  return { newest: results[0] ?? null, dates: results.filter(({ failed }) => failed > 0).length }
}
