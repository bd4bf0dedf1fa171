import { type AnyInput, ApiProblem, addressOf, problemOf } from '../../functions/api/contract/client.ts'
import type { ApiKey } from '../../functions/api/contract/routes.ts'
import { originOf } from './address.ts'
import { type Caller, connectionError, patientFetch, toError } from './connect.ts'
import { readToken } from './token.ts'

/**
 * The bytes of a route that answers with a file, part by part.
 * @throws {DaybreakError} as `connect`; REMOTE_UNREACHABLE for an answer that ends before it is whole.
 */
export async function* download(
  url: string,
  { key, input }: { readonly key: ApiKey; readonly input: AnyInput },
  context: Caller,
): AsyncGenerator<Uint8Array> {
  const base = originOf(url)
  const { url: path } = addressOf(key, input)
  const response = await patientFetch(base, context)(`${base}${path}`, {
    headers: { authorization: `Bearer ${await readToken(context)}`, accept: '*/*' },
    signal: context.signal,
  })
  if (!response.ok) throw toError(new ApiProblem(await problemOf(response)), { base, key })
  try {
    yield* response.body ?? []
  } catch (error) {
    throw context.signal.aborted ? error : connectionError(error, base)
  }
}
