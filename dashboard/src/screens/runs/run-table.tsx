import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { spanOf } from '../../data/time.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

const WHY: Readonly<Record<string, string>> = {
  schedule: 'schedule',
  file: 'a file arrived',
  http: 'asked over HTTP',
  cli: 'command line',
  backfill: 'backfill',
  import: 'import',
}

/** Runs as a table, newest first. */
export function RunTable({ runs }: { readonly runs: ApiAnswer<'GET /api/runs'>['runs'] }) {
  if (runs.length === 0)
    return <Empty>No run yet. The next first look begins one; or start one now: npx daybreak run</Empty>
  return (
    <Table label="Runs" heads={['Started', 'Why', 'Pipeline', 'Outcome', '>Slices', '>Rows', '>Set aside', '>Took']}>
      {runs.map((run) => (
        <tr key={run.id}>
          <Cell>
            <Link to={`/runs/${run.id}`} className="font-medium">
              <When at={run.startedAt ?? run.createdAt} />
            </Link>
          </Cell>
          <Cell>{WHY[run.trigger] ?? run.trigger}</Cell>
          <Cell>{run.pipeline}</Cell>
          <Cell>
            <Chip state={run.state} />
            {run.reason && <span className="ml-2 text-dim">{run.reason.message}</span>}
          </Cell>
          <Cell isNumber>{countOf(run.slices)}</Cell>
          <Cell isNumber>{countOf(run.rows)}</Cell>
          <Cell isNumber>{countOf(run.rejected)}</Cell>
          <Cell isNumber>{run.seconds === null ? '–' : spanOf(run.seconds * 1000)}</Cell>
        </tr>
      ))}
    </Table>
  )
}
