import type { HttpFunction } from '@google-cloud/functions-framework'
import { toDaybreakError } from '../errors.ts'
import type { HandlerContext, OpenContext } from './context.ts'

// Probes time out within seconds; a dependency that takes longer counts as absent.
const PATIENCE = 3_000

/** Says that this process answers, and asks no dependency. */
export const healthHandler: HttpFunction = (_, response) =>
  void response.setHeader('Cache-Control', 'no-store').status(200).json({ status: 'ok' })

/**
 * Says whether the dependencies answer as well; 503 names those that do not, by name and code alone, since anybody may ask. It
 * also says how the caller's token arrived, which shows what stands in front of the service does to it.
 */
export function readyHandler(open: OpenContext): HttpFunction {
  return async (request, response) => {
    response.setHeader('Cache-Control', 'no-store')
    const failed = await open().then(findFailed, (error: unknown) => ({ process: toDaybreakError(error).code }))
    const isReady = Object.keys(failed).length === 0
    const token = tokenState(request.headers.authorization)
    response
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? 'ready' : 'not ready', ...(!isReady && { failed }), ...(token && { token }) })
  }
}

async function findFailed({ dependencies, stopping }: HandlerContext): Promise<Readonly<Record<string, string>>> {
  if (stopping.aborted) return { process: 'CANCELLED' }
  const asked = Object.entries(dependencies).map(async ([name, ask]) => {
    const code = await Promise.race([ask().then(() => null, codeOf), late()])
    return code === null ? [] : [[name, code] as const]
  })
  return Object.fromEntries((await Promise.all(asked)).flat())
}

/** How a token arrived, for valid and invalid ones; null without one. */
function tokenState(authorization: string | undefined): 'signed' | 'signature removed' | null {
  if (authorization === undefined) return null
  return authorization.endsWith('.SIGNATURE_REMOVED_BY_GOOGLE') ? 'signature removed' : 'signed'
}

function codeOf(error: unknown): string {
  return toDaybreakError(error).code
}

function late(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('TIMEOUT'), PATIENCE).unref())
}
