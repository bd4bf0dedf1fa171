import type { UseQueryResult } from '@tanstack/react-query'
import { ApiProblem } from '../data/api.ts'
import { Button } from './button.tsx'
import { Typed } from './typed.tsx'

interface AskedProps<Answer> {
  readonly query: UseQueryResult<Answer>
  /** Name of the resource, for people: `the matrix`. */
  readonly what: string
  readonly children: (answer: Answer) => React.ReactNode
}

/** Answer of the API in its states: coming, there (dimmed while a newer one comes), refused with a way out. */
export function Asked<Answer>({ query, what, children }: AskedProps<Answer>) {
  if (query.data !== undefined)
    return (
      <div className={query.isPlaceholderData ? 'opacity-60' : ''} aria-busy={query.isFetching}>
        {query.error && <Refused error={query.error} what={what} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </div>
    )
  if (query.error) return <Refused error={query.error} what={what} onRetry={() => void query.refetch()} />
  return (
    <p role="status" className="py-6 text-dim">
      Reading {what} …
    </p>
  )
}

interface RefusedProps {
  readonly error: Error
  readonly what: string
  readonly onRetry?: () => void
}

/** A refusal: what was asked, why it failed, what to do, and the id that the log has. */
export function Refused({ error, what, onRetry }: RefusedProps) {
  const problem = error instanceof ApiProblem ? error.problem : null
  return (
    <div role="alert" className="mb-4 rounded-lg border border-miss-mark bg-panel p-3">
      <p>
        <strong className="text-miss">Could not read {what}.</strong>{' '}
        <Typed text={problem?.detail ?? 'The server does not answer.'} />
      </p>
      <p className="text-dim">
        <Typed text={problem?.remedy ?? 'See whether `daybreak serve` still runs, then try again.'} />{' '}
        {problem && (
          <span className="font-mono text-sm">
            {problem.code} · request {problem.instance}
          </span>
        )}
      </p>
      {onRetry && (
        <p className="mt-2">
          <Button onClick={onRetry}>Try again</Button>
        </p>
      )}
    </div>
  )
}
