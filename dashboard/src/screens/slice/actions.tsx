import { useState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { api } from '../../data/api.ts'
import { queries } from '../../data/query.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>
type Act = 'retry' | 'waive' | 'release'

const ASKS: Readonly<Record<Act, { readonly word: string; readonly says: string }>> = {
  retry: { word: 'Read again', says: 'looks for this file again, reads it and publishes what changed.' },
  waive: { word: 'Waive', says: 'expects this file no longer: it is not missing then, and the day can be complete.' },
  release: { word: 'Release', says: 'publishes the file that is held as it is.' },
}

/** What an operator can do with a slice. Each asks for a reason, which goes into the audit. */
export function Actions({ slice }: { readonly slice: Answer }) {
  const { me } = useView()
  const [act, setAct] = useState<Act | null>(null)
  if (me.role === 'viewer' || me.role === 'analyst') return null
  const possible: readonly Act[] = [
    'retry',
    ...(slice.state === 'held' ? (['release'] as const) : []),
    ...(slice.state === 'missing' || slice.state === 'expected' ? (['waive'] as const) : []),
  ]
  const send = async (reason: string) => {
    if (act === null) return ''
    const { pipeline, window, shard, stream } = slice
    const body = { slices: [{ pipeline, window, shard, stream }], reason }
    const { results } = await api(`POST /api/slices:${act}`, { body, idempotencyKey: crypto.randomUUID() })
    await queries.invalidateQueries()
    const [result] = results
    return result?.ok ? '' : `Refused: ${result?.message ?? 'no reason was given'}`
  }
  return (
    <>
      {possible.map((each) => (
        <Button key={each} onClick={() => setAct(each)}>
          {ASKS[each].word}…
        </Button>
      ))}
      {act !== null && (
        <Confirm
          title={`${ASKS[act].word}: ${slice.stream}, ${slice.shardName}, ${slice.window}`}
          says={`It ${ASKS[act].says}`}
          word={ASKS[act].word}
          onSend={send}
          onClose={() => setAct(null)}
        />
      )}
    </>
  )
}
