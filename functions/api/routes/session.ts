import { DaybreakError } from '../../errors.ts'
import type { SignedIn } from '../../http/session.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { SESSION_ROUTES } from '../contract/session.ts'

function meOf({ name, role, shards, csrf }: SignedIn, { project, version }: ApiContext) {
  return {
    name,
    role,
    shards: shards === null ? null : [...shards],
    timeZone: null,
    csrf,
    environment: project.environment.environment,
    version,
  }
}

/** Handlers of routes about the caller. */
export const SESSION_HANDLERS: HandlersOf<typeof SESSION_ROUTES> = {
  'GET /api/me': async ({ principal }, context) => ({ body: meOf(principal, context) }),
  'POST /api/session': async ({ body, session, record }, context) => {
    const entered = context.authentication.enter(body.token)
    session.set(entered.cookie)
    await record({ action: 'session.begin', subject: entered.principal.name })
    return { body: meOf(entered.principal, context) }
  },
  'POST /api/session:link': async ({ session, principal, record }, context) => {
    // A page has a session already; only the command line needs a way in.
    if (principal.csrf !== null)
      throw new DaybreakError('FORBIDDEN', 'a session makes no links; the token of this machine does')
    const token = context.authentication.issue()
    await record({ action: 'session.link', subject: principal.name })
    return { body: { url: `http://${session.host}/?token=${token}` } }
  },
  'DELETE /api/session': async ({ session, principal, record }) => {
    const text = session.leave()
    if (text !== null) session.set(text)
    await record({ action: 'session.end', subject: principal.name })
    return { body: null }
  },
}
