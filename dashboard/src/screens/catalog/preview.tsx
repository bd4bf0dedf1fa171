import { useActionState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { api } from '../../data/api.ts'
import { Refused } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RowTable } from '../../parts/row-table.tsx'

interface PreviewProps {
  readonly pipeline: string
  readonly stream: string
}

type State = { readonly answer?: ApiAnswer<'POST /api/query:preview'>; readonly error?: Error } | null

/** Asks the tables: one SELECT, at most 1,000 rows. */
export function Preview({ pipeline, stream }: PreviewProps) {
  const [state, ask, isAsking] = useActionState<State, FormData>(async (_, form) => {
    try {
      return { answer: await api('POST /api/query:preview', { body: { pipeline, sql: String(form.get('sql')) } }) }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    }
  }, null)
  return (
    <Panel title="Ask the tables">
      <form action={ask}>
        <label>
          <span className="text-sm text-dim">One SELECT, at most 1,000 rows. It is written to the audit.</span>
          <textarea
            name="sql"
            rows={3}
            spellCheck={false}
            defaultValue={`select count(*) as rows from ${pipeline}.${stream}`}
            className="mt-1 w-full rounded-md border border-line-strong bg-bg p-2 font-mono text-sm"
          />
        </label>
        <Button type="submit" disabled={isAsking}>
          Ask
        </Button>
      </form>
      <div aria-live="polite" className="mt-3">
        {state?.error && <Refused error={state.error} what="the answer" />}
        {state?.answer && <RowTable label="Answer" answer={state.answer} />}
      </div>
    </Panel>
  )
}
