import { useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'

interface ToolsProps {
  readonly words: ApiAnswer<'GET /api/status'>['words']
  readonly summary: string
}

const STATES: readonly (readonly [string, string])[] = [
  ['', 'All'],
  ['incomplete', 'Incomplete'],
  ['disputed', 'Disputed'],
]

/** Filters above the matrix. The address holds them, so that a link shows a colleague the same. */
export function Tools({ words, summary }: ToolsProps) {
  const [search, setSearch] = useSearchParams()
  const put = (name: string, value: string) => {
    const next = new URLSearchParams(search)
    if (value === '') next.delete(name)
    else next.set(name, value)
    setSearch(next, { replace: true })
  }
  const state = search.get('state') ?? ''
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <input
        type="search"
        defaultValue={search.get('q') ?? ''}
        onChange={({ target }) => put('q', target.value)}
        aria-label={`Filter ${words.shard.many}`}
        placeholder={`Filter ${words.shard.many}`}
        className="h-7 w-[200px] rounded-md border border-line-strong bg-bg px-2 text-sm"
      />
      <fieldset className="inline-flex overflow-hidden rounded-md border border-line-strong text-sm">
        <legend className="sr-only">State</legend>
        {STATES.map(([value, word]) => (
          <button
            key={word}
            type="button"
            aria-pressed={state === value}
            onClick={() => put('state', value)}
            className="px-2.5 py-1 text-dim aria-pressed:bg-sunk aria-pressed:font-semibold aria-pressed:text-text"
          >
            {word}
          </button>
        ))}
      </fieldset>
      <label className="text-sm text-dim">
        from{' '}
        <input
          type="date"
          value={search.get('from') ?? ''}
          onChange={({ target }) => put('from', target.value)}
          className="h-7 rounded-md border border-line-strong bg-bg px-1.5"
        />
      </label>
      <label className="text-sm text-dim">
        to{' '}
        <input
          type="date"
          value={search.get('to') ?? ''}
          onChange={({ target }) => put('to', target.value)}
          className="h-7 rounded-md border border-line-strong bg-bg px-1.5"
        />
      </label>
      <span className="ml-auto text-sm text-dim">{summary}</span>
    </div>
  )
}
