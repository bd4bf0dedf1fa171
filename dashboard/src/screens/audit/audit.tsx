import { useSearchParams } from 'react-router'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Pages } from '../../parts/pages.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

/** Who did what? */
export function Audit() {
  const [search] = useSearchParams()
  const pageToken = search.get('page')
  const query = useApi('GET /api/audit', {
    query: {
      pageSize: 100,
      ...(search.has('actor') && { actor: search.get('actor') ?? '' }),
      ...(search.has('action') && { action: search.get('action') ?? '' }),
      ...(pageToken !== null && { pageToken }),
    },
  })
  return (
    <>
      <Head
        sentence="Every action of a person or a program, newest first."
        more="Entries can be neither changed nor removed."
      />
      <Panel isFlush label="Audit">
        <Asked query={query} what="the audit">
          {({ entries, nextPageToken }) =>
            entries.length === 0 ? (
              <Empty>Nobody has done anything yet.</Empty>
            ) : (
              <>
                <Table label="Audit" heads={['When', 'Who', 'Role', 'Action', 'Subject', 'Details', 'Request']}>
                  {entries.map((entry) => (
                    <tr key={`${entry.at}/${entry.action}/${entry.subject}`}>
                      <Cell>
                        <When at={entry.at} />
                      </Cell>
                      <Cell>{entry.actor}</Cell>
                      <Cell>{entry.role}</Cell>
                      <Cell>{entry.action}</Cell>
                      <Cell>
                        <span className="font-mono text-sm">{entry.subject}</span>
                      </Cell>
                      <Cell isWide>{entry.details}</Cell>
                      <Cell>
                        <span className="font-mono text-sm">{entry.requestId?.slice(0, 8)}</span>
                      </Cell>
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
