import { useActionState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { api } from '../../data/api.ts'
import { spanOf } from '../../data/time.ts'
import { Refused } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Told } from '../../parts/told.tsx'

type State = { readonly answer?: ApiAnswer<'POST /api/connections/{name}:test'>; readonly error?: Error } | null

/** Connects once, and says what answered. It changes nothing, so it asks for no reason; it is in the audit. */
export function Test({ name }: { readonly name: string }) {
  const [state, act, isAsking] = useActionState<State>(async () => {
    try {
      return { answer: await api('POST /api/connections/{name}:test', { path: { name }, body: {} }) }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    }
  }, null)
  return (
    <form action={act} className="max-w-[46ch] whitespace-normal">
      <Button type="submit" disabled={isAsking} aria-label={`Test ${name}`}>
        {isAsking ? 'Connecting …' : 'Test'}
      </Button>
      <div aria-live="polite" className="text-sm">
        {state?.error && <Refused error={state.error} what={`whether ${name} answers`} />}
        {state?.answer && <Report report={state.answer} />}
      </div>
    </form>
  )
}

function Report({ report }: { readonly report: NonNullable<State & object>['answer'] & object }) {
  const { ok, message, remedy, version, isEncrypted, milliseconds } = report
  return (
    <div className="mt-1">
      <Chip state={ok ? 'pass' : 'fail'}>{ok ? 'answers' : 'no answer'}</Chip> <Told text={message} />
      {remedy !== null && (
        <div className="text-dim">
          <Told text={remedy} />
        </div>
      )}
      {ok && (
        <div className="text-dim">
          {[
            version,
            isEncrypted === null ? null : isEncrypted ? 'encrypted' : 'not encrypted',
            milliseconds === null ? null : spanOf(milliseconds),
          ]
            .filter((part) => part !== null && part !== '')
            .join(' · ')}
        </div>
      )}
    </div>
  )
}
