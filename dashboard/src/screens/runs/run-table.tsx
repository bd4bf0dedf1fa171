import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { spanOf } from '../../data/time.ts'
import { toldText } from '../../data/told.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told, useNames } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'

const WHY: Readonly<Record<string, string>> = {
  schedule: 'schedule',
  file: 'a file arrived',
  http: 'a person asked',
  cli: 'command line',
  backfill: 'backfill',
  import: 'import',
}

/** Runs as a table, newest first. */
export function RunTable({ runs }: { readonly runs: ApiAnswer<'GET /api/runs'>['runs'] }) {
  const names = useNames()
  if (runs.length === 0)
    return (
      <Empty>
        No run yet. The next first look begins one; or start one now: <code>npx daybreak run</code>
      </Empty>
    )
  const isOne = new Set(runs.map(({ pipeline }) => pipeline)).size === 1
  const heads = [
    'Started',
    '-Begun by',
    ...(isOne ? [] : ['-Pipeline']),
    'Outcome',
    'Why',
    '->Rows',
    '->Set aside',
    '->Took',
  ]
  return (
    <Table label="Runs" heads={heads}>
      {runs.map((run) => (
        <tr key={run.id}>
          <Cell>
            <Link to={`/runs/${run.id}`} className="font-medium">
              <When at={run.startedAt ?? run.createdAt} />
            </Link>
          </Cell>
          <Cell isMinor>{WHY[run.trigger] ?? run.trigger}</Cell>
          {!isOne && <Cell isMinor>{run.pipeline}</Cell>}
          <Cell>
            <Chip state={run.state} />
          </Cell>
          <Cell isCut title={run.reason ? toldText(run.reason.message, names) : ''}>
            {run.reason && (
              <span className="text-dim">
                <Told text={run.reason.message} />
              </span>
            )}
          </Cell>
          <Cell isNumber isMinor>
            {countOf(run.rows)}
          </Cell>
          <Cell isNumber isMinor>
            {countOf(run.rejected)}
          </Cell>
          <Cell isNumber isMinor>
            {run.seconds === null ? '–' : spanOf(run.seconds * 1000)}
          </Cell>
        </tr>
      ))}
    </Table>
  )
}
