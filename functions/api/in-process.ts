import type { SignedIn } from '../http/session.ts'
import type { ApiContext } from './context.ts'
import { type AnyInput, type ApiClient, addressOf } from './contract/client.ts'
import { API, type ApiKey } from './contract/routes.ts'
import { invocation } from './invoke.ts'

const NO_SESSION = { host: '', leave: () => null, set: () => undefined }

/** Calls routes without a server, as one principal: the same checks of values, answers and audit, no network and no limits. */
export function createInProcessClient(context: ApiContext, principal: SignedIn): ApiClient {
  const call = async (key: ApiKey, input: AnyInput = {}) => {
    const { method, url } = addressOf(key, input)
    const work = invocation(
      {
        ...{ key, route: API[key], principal, session: NO_SESSION },
        path: input.path ?? {},
        parameters: new URL(url, 'http://localhost').searchParams,
        body: method === 'GET' ? undefined : JSON.parse(JSON.stringify(input.body ?? {})),
        requestId: context.ports.newId(),
        accept: 'application/json',
        ifMatch: input.ifMatch === undefined ? null : `"${input.ifMatch}"`,
        signal: input.signal ?? context.stopping,
      },
      context,
    )
    const answered = await work()
    if ('chunks' in answered) return await textOf(answered.chunks)
    return JSON.parse(JSON.stringify(answered.body))
  }
  return call as ApiClient
}

async function textOf(chunks: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of chunks) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
