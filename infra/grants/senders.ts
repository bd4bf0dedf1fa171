import { KIND_NAMES, kindOf, type Sender } from '../../functions/pipeline/work/kinds.ts'
import type { Deployment } from '../deployment.ts'

/** Topics that an account publishes work to, each with the reason that the table of kinds gives. */
export function topicsOf(
  sender: Sender,
  { topics }: Pick<Deployment, 'topics'>,
): readonly { readonly name: string; readonly why: string }[] {
  return KIND_NAMES.flatMap((kind) => {
    const why = kindOf(kind)?.senders[sender]
    return why === undefined ? [] : [{ name: topics[kind], why }]
  })
}
