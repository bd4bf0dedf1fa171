import { Link } from 'react-router'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Pages } from '../../parts/pages.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'

/** Backfills, newest first. */
export function Backfills() {
  const query = useApi('GET /api/backfill')
  return (
    <>
      <Head
        sentence="Backfills load windows of the past."
        more="A plan costs nothing: it says what would be read, what is gone for ever, how long it takes and what it costs."
        actions={
          <Link to="/backfills/new" className={BUTTON_LINK}>
            New backfill
          </Link>
        }
      />
      <Panel isFlush label="Backfills">
        <Asked query={query} what="the backfills">
          {({ backfills, nextPageToken }) =>
            backfills.length === 0 ? (
              <Empty>
                No backfill yet. A plan costs nothing: <Link to="/backfills/new">New backfill</Link>
              </Empty>
            ) : (
              <>
                <Table
                  label="Backfills"
                  heads={['Range', '-Pipeline', 'State', '-Next', '->Runs', '-Begun', 'Why it stopped']}
                >
                  {backfills.map((backfill) => (
                    <tr key={backfill.id}>
                      <Cell>
                        <Link to={`/backfills/${backfill.id}`} className="font-medium">
                          {dayOf(backfill.from)} to {dayOf(backfill.to)}
                        </Link>
                      </Cell>
                      <Cell isMinor>{backfill.pipeline}</Cell>
                      <Cell>
                        <Chip state={backfill.state} />
                      </Cell>
                      <Cell isMinor>{dayOf(backfill.next)}</Cell>
                      <Cell isNumber isMinor>
                        {backfill.runIds.length}
                      </Cell>
                      <Cell isMinor>
                        <When at={backfill.createdAt} />
                      </Cell>
                      <Cell isWide>{backfill.reason && <Told text={backfill.reason.message} />}</Cell>
                    </tr>
                  ))}
                </Table>
                <Pages next={nextPageToken} />
              </>
            )
          }
        </Asked>
      </Panel>
    </>
  )
}
