import { useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { Act } from '../../parts/act.tsx'

const LOOKED_AT: readonly string[] = ['staged', 'resumed', 'unchanged']

/** Actions of an operator on a run: cancel one that goes on, retry what failed in one that ended. */
export function Actions({ run }: { readonly run: ApiAnswer<'GET /api/runs/{id}'> }) {
  const { me } = useView()
  const navigate = useNavigate()
  if (me.role === 'viewer' || me.role === 'analyst') return null
  const path = { id: run.id }
  if (run.state === 'running' || run.state === 'queued')
    return (
      <Act
        word="Cancel"
        on={`run of ${run.pipeline}`}
        says="stops it. What it published stays, and is complete."
        onSend={(reason) => api('POST /api/runs/{id}:cancel', { path, body: { reason } })}
      />
    )
  const failed = Object.entries(run.outcomes).reduce(
    (sum, [outcome, count]) => (LOOKED_AT.includes(outcome) ? sum : sum + (count ?? 0)),
    0,
  )
  if (failed === 0) return null
  const retry = async (reason: string) => {
    const { runId } = await api('POST /api/runs/{id}:retry', {
      path,
      body: { failedOnly: true, reason },
      idempotencyKey: crypto.randomUUID(),
    })
    await navigate(`/runs/${runId}`)
  }
  return (
    <Act
      isMain
      word="Retry what failed"
      on={`run of ${run.pipeline}`}
      says={`looks again for ${several(failed, 'file')} that this run could not publish.`}
      onSend={retry}
    />
  )
}
