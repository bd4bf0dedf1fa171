import { useActionState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { queries } from '../../data/query.ts'
import { Refused } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Field } from '../../parts/field.tsx'
import { Panel } from '../../parts/panel.tsx'

type State = { readonly says?: string; readonly error?: Error }

/** Builds some dates again. What is equal to its inputs stays as it is. */
export function Build({ model }: { readonly model: ApiAnswer<'GET /api/models/{model}'> }) {
  const [state, build, isSending] = useActionState<State, FormData>(async (_, form) => {
    const body = { from: String(form.get('from')), to: String(form.get('to')) }
    try {
      const path = { model: model.model }
      const { windows } = await api('POST /api/models/{model}:build', {
        path,
        body,
        idempotencyKey: crypto.randomUUID(),
      })
      await queries.invalidateQueries()
      return {
        says: `Queued: ${several(windows.length, 'date')}. Dates whose inputs are as they were stay as they are.`,
      }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    }
  }, {})
  const newest = model.partitions
    .map(({ window }) => window)
    .filter((window) => window !== 'all')
    .toSorted()
    .at(-1)
  const field = 'h-7 rounded-md border border-line-strong bg-bg px-1.5 text-text'
  return (
    <Panel title="Build">
      <form action={build} className="flex flex-wrap items-end gap-3">
        <Field label="From">
          <input type="date" name="from" required defaultValue={newest} className={field} />
        </Field>
        <Field label="To">
          <input type="date" name="to" required defaultValue={newest} className={field} />
        </Field>
        <Button type="submit" disabled={isSending}>
          Build these dates
        </Button>
        <span className="text-sm text-dim">
          Makes the partitions equal to what they read now, with the models that depend on the same dates. It is written
          to the audit.
        </span>
      </form>
      <div aria-live="polite" className="mt-2">
        {state.says}
        {state.error && <Refused error={state.error} what="the build" />}
      </div>
    </Panel>
  )
}
