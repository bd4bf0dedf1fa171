import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { api } from '../../data/api.ts'
import { dayOf, isDated } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>
type Verb = 'retry' | 'waive' | 'release'

const ASKS: Readonly<
  Record<Verb, { readonly word: string; readonly says: string; readonly states: readonly string[] }>
> = {
  retry: { word: 'Read again', says: 'looks for this file again, reads it and publishes the change.', states: [] },
  release: { word: 'Release', says: 'publishes the file that is held, as it is.', states: ['held'] },
  waive: {
    word: 'Waive',
    says: 'expects this file no longer: it is not missing then, and the day can be complete.',
    states: ['missing', 'expected'],
  },
}

const READS_TABLE = 'begins a run that reads the table again: this window if it is not loaded, else the next one.'

/** Actions of an operator on a slice. Each asks for a reason, which goes into the audit. */
export function Actions({ slice }: { readonly slice: Answer }) {
  const { me } = useView()
  if (me.role === 'viewer' || me.role === 'analyst') return null
  const { pipeline, window, shard, stream, shardName, state } = slice
  const send = async (verb: Verb, reason: string) => {
    const body = { slices: [{ pipeline, window, shard, stream }], reason }
    const { results } = await api(`POST /api/slices:${verb}`, { body, idempotencyKey: crypto.randomUUID() })
    const [result] = results
    return result?.ok ? null : `Refused: ${result?.message ?? 'no reason was given'}`
  }
  const verbs: readonly Verb[] = isDated(window) ? ['retry', 'release', 'waive'] : ['retry']
  return verbs
    .filter((verb) => ASKS[verb].states.length === 0 || ASKS[verb].states.includes(state))
    .map((verb) => (
      <Act
        key={verb}
        word={ASKS[verb].word}
        on={`${stream}, ${shardName}, ${dayOf(window)}`}
        says={verb === 'retry' && !isDated(window) ? READS_TABLE : ASKS[verb].says}
        onSend={(reason) => send(verb, reason)}
      />
    ))
}
