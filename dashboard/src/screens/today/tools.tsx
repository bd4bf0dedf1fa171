import { useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { Choice } from '../../parts/choice.tsx'
import { useRoomFor } from '../../parts/use-media.ts'

interface ToolsProps {
  readonly words: ApiAnswer<'GET /api/status'>['words']
  /** First and last day that is shown. */
  readonly range: Pick<ApiAnswer<'GET /api/status'>, 'from' | 'to'>
  readonly summary: React.ReactNode
  /** Actions on the rows that are shown. */
  readonly children?: React.ReactNode
}

const STATES: readonly (readonly [string, string])[] = [
  ['', 'All'],
  ['incomplete', 'Incomplete'],
  ['disputed', 'Disputed'],
]

/** Filters above the matrix. The address holds them, so that a link shows a colleague the same. */
export function Tools({ words, range, summary, children }: ToolsProps) {
  const [search, setSearch] = useSearchParams()
  const isWide = useRoomFor('month')
  const put = (name: string, value: string) => {
    const next = new URLSearchParams(search)
    if (value === '') next.delete(name)
    else next.set(name, value)
    setSearch(next, { replace: true })
  }
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <input
        type="search"
        defaultValue={search.get('q') ?? ''}
        onChange={({ target }) => put('q', target.value)}
        aria-label={`Filter ${words.shard.many}`}
        placeholder={`Filter ${words.shard.many}`}
        className="h-7 w-[150px] rounded-md border border-line-strong bg-bg px-2 text-sm"
      />
      <Choice name="state" label="State" choices={STATES} />
      <Choice
        name="days"
        label="Range"
        usual={isWide ? '31' : '7'}
        choices={[
          ['7', '7 days'],
          ['31', '31 days'],
        ]}
      />
      <label className="text-sm text-dim">
        from{' '}
        <input
          type="date"
          value={search.get('from') ?? range.from}
          onChange={({ target }) => put('from', target.value)}
          className="h-7 w-[122px] rounded-md border border-line-strong bg-bg px-1"
        />
      </label>
      <label className="text-sm text-dim">
        to{' '}
        <input
          type="date"
          value={search.get('to') ?? range.to}
          onChange={({ target }) => put('to', target.value)}
          className="h-7 w-[122px] rounded-md border border-line-strong bg-bg px-1"
        />
      </label>
      <span className="ml-auto flex flex-wrap items-center justify-end gap-x-3 gap-y-1.5 text-sm text-dim">
        {summary}
        {children}
      </span>
    </div>
  )
}
