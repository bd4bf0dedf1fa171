import { useState } from 'react'
import { useView } from '../../app/view.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

const LEVELS = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR'] as const
const FOLLOW_MS = 2_000

/** Log of a run: by severity and text; it follows a run that goes on. */
export function Log({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) {
  const { me } = useView()
  if (me.role === 'viewer' || me.role === 'analyst') return null
  return <Lines id={id} isRunning={isRunning} />
}

function Lines({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) {
  const [severity, setSeverity] = useState<(typeof LEVELS)[number]>('INFO')
  const [text, setText] = useState('')
  const [isFollowing, setFollowing] = useState(isRunning)
  const query = useApi(
    'GET /api/runs/{id}/log',
    { path: { id }, query: { severity, pageSize: 200, ...(text !== '' && { q: text }) } },
    isFollowing ? { refetchInterval: FOLLOW_MS } : {},
  )
  return (
    <Panel title="Log" isFlush>
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <select
          aria-label="Least severity"
          value={severity}
          onChange={({ target }) => setSeverity(LEVELS.find((level) => level === target.value) ?? 'INFO')}
          className="h-7 rounded-md border border-line-strong bg-panel px-1.5 text-sm"
        >
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {level.toLowerCase()} and above
            </option>
          ))}
        </select>
        <input
          type="search"
          aria-label="Text in the message"
          placeholder="Text in the message"
          value={text}
          onChange={({ target }) => setText(target.value)}
          className="h-7 w-[200px] rounded-md border border-line-strong bg-bg px-2 text-sm"
        />
        <Button aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          {isFollowing ? 'Following' : 'Follow'}
        </Button>
      </div>
      <Asked query={query} what="the log">
        {({ lines, link }) => (
          <>
            {lines.length === 0 ? (
              <Empty>No line matches. Lines are kept for runs of this server.</Empty>
            ) : (
              <Table label="Log" heads={['When', 'Severity', 'Message']}>
                {lines.map((line, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines of a log never move.
                  <tr key={at}>
                    <Cell>
                      <When at={line.at} />
                    </Cell>
                    <Cell>
                      <span className={line.severity === 'ERROR' ? 'font-semibold text-miss' : 'text-dim'}>
                        {line.severity.toLowerCase()}
                      </span>
                    </Cell>
                    <Cell isWide>
                      <span className="font-mono text-sm">{line.message}</span>
                    </Cell>
                  </tr>
                ))}
              </Table>
            )}
            {link !== null && (
              <p className="px-3 py-2">
                <a href={link} className="underline">
                  The same log at Google Cloud
                </a>
              </p>
            )}
          </>
        )}
      </Asked>
    </Panel>
  )
}
