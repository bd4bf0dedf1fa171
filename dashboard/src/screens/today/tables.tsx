import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf, several } from '../../data/amount.ts'
import { sliceHref } from '../../data/paths.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { LastRuns } from './last-runs.tsx'
import { Needs } from './needs.tsx'

type Status = ApiAnswer<'GET /api/status'>
type Copied = NonNullable<Status['tables']>[number]
type Window = Copied['recent'][number]

/** Is every table up to date? Windows of tables are no days, and each table has its own. */
export function Tables({ status }: { readonly status: Status }) {
  const tables = status.tables ?? []
  return (
    <>
      <Head
        sentence={<Told text={status.sentence} />}
        more={
          status.nextAt !== null && (
            <>
              The schedule reads them next at <When at={status.nextAt} />.
            </>
          )
        }
      />
      <Needs status={status} />
      <Panel isFlush label="Tables">
        {tables.length === 0 ? (
          <Empty>Every table is up to date.</Empty>
        ) : (
          <Table
            label="Tables"
            heads={[
              'Table',
              'State',
              'Last window',
              '>Rows',
              '->Set aside',
              '-Loaded',
              '-Late after',
              '-Newest windows',
            ]}
          >
            {tables.map((table) => (
              <Row key={table.stream} table={table} pipeline={status.pipeline} />
            ))}
          </Table>
        )}
      </Panel>
      <LastRuns />
    </>
  )
}

const WORDS: Readonly<Record<Copied['standing'], string>> = {
  loaded: 'loaded',
  open: 'expected',
  late: 'late',
  new: 'absent',
}

function Row({ table, pipeline }: { readonly table: Copied; readonly pipeline: string }) {
  const { stream, from, into, standing, loaded, open, recent, readAt, lateAt } = table
  const shown = open ?? loaded
  return (
    <tr>
      <Cell>
        <span className="font-medium">{stream}</span>
        <span className="ml-2 text-sm text-dim max-sm:hidden">
          {from} → {into}
        </span>
      </Cell>
      <Cell>
        <Chip state={standing === 'open' ? (open?.state ?? 'expected') : WORDS[standing]}>
          {standing === 'new' ? 'never read' : undefined}
        </Chip>
        {open?.reason && (
          <div className="max-w-[60ch] text-sm whitespace-normal text-dim">
            <Told text={open.reason.message} />
          </div>
        )}
      </Cell>
      <Cell>{shown === null ? '–' : <WindowLink {...{ pipeline, stream }} window={shown} />}</Cell>
      <Cell isNumber>{shown?.rows == null ? '–' : countOf(shown.rows)}</Cell>
      <Cell isNumber isMinor>
        {shown === null ? '–' : countOf(shown.rejected)}
      </Cell>
      <Cell isMinor>
        <When at={loaded?.updatedAt ?? null} />
        {readAt !== null && loaded?.updatedAt !== readAt && (
          <div className="text-sm text-dim">
            read at <When at={readAt} />
          </div>
        )}
      </Cell>
      <Cell isMinor>
        <When at={lateAt} />
      </Cell>
      <Cell isMinor>
        <Marks {...{ pipeline, stream, recent }} />
      </Cell>
    </tr>
  )
}

interface WindowProps {
  readonly pipeline: string
  readonly stream: string
  readonly window: Window
  readonly children?: React.ReactNode
}

/** Leads to the slice of a window that is furthest from its table; a window of which nothing was read has none. */
function WindowLink({ pipeline, stream, window, children }: WindowProps) {
  const text = children ?? <span className="font-mono text-sm">{window.window}</span>
  if (window.shard === null) return text
  return <Link to={sliceHref({ pipeline, stream, window: window.window, shard: window.shard })}>{text}</Link>
}

const LOOK: Readonly<Record<string, string>> = {
  loaded: 'bg-ok-bg border border-ok-mark/30',
  rejects: 'stripes-ok border border-ok-mark/30',
  held: 'bg-held-bg ring-1 ring-inset ring-held',
  quarantined: 'bg-held-bg ring-1 ring-inset ring-held',
  missing: 'bg-miss-mark',
}

/** The newest windows as small marks, the oldest of them first. */
function Marks({
  recent,
  ...place
}: Pick<WindowProps, 'pipeline' | 'stream'> & { readonly recent: readonly Window[] }) {
  return (
    <span className="flex gap-0.5">
      {recent.map((window) => {
        const state = window.state === 'loaded' && window.rejected > 0 ? 'rejects' : window.state
        const says = `${window.window}: ${window.state}, ${window.rows === null ? 'nothing read' : several(window.rows, 'row')}`
        return (
          <WindowLink key={window.window} {...place} window={window}>
            <span
              role="img"
              aria-label={says}
              title={says}
              className={`inline-block h-3.5 w-3 rounded-[3px] ${LOOK[state] ?? 'bg-due-bg'}`}
            />
          </WindowLink>
        )
      })}
    </span>
  )
}
