import { openLogFiles } from '../adapters/local/log-files.ts'
import type { ApiContext, TokenSigner } from '../api/context.ts'
import type { ApiClient } from '../api/contract/client.ts'
import { createInProcessClient } from '../api/in-process.ts'
import type { Daybreak } from '../compose.ts'
import type { Environment } from '../config/interpolate.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import { createApiContext } from './api.ts'
import { httpSettings } from './context.ts'
import { openSecrets } from './secrets.ts'
import { logFolder } from './serve.ts'
import { laptopTokens, serviceTokens } from './token-keys.ts'

/** The person at the terminal, and the process that works for them. */
interface LocalApiOptions {
  /** Name of the person, for audit and timelines. */
  readonly actor: string
  readonly version: string
  readonly env: Environment
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  readonly signal: AbortSignal
}

/** The routes of the API over an open project, for the person who owns it: no server, the same answers and the same audit. */
export function openLocalApi(daybreak: Daybreak, project: Project, options: LocalApiOptions): ApiClient {
  const { actor, version, env, program, signal } = options
  const { clock, log } = daybreak.ports
  const context = createApiContext(daybreak, project, {
    ...{ version, env, program, log, stopping: signal, authentication: NO_AUTHENTICATION },
    runLog: {
      read: async function* (runId) {
        yield* (await openLogFiles(logFolder(project), () => clock.now())).read(runId)
      },
      link: () => null,
    },
    tokens: signerOf(project, daybreak),
    maxBodyBytes: httpSettings(project.environment).maxBodyBytes,
  })
  return createInProcessClient(context, { name: actor, role: 'admin', shards: null, csrf: null })
}

function noSessions(): DaybreakError {
  return new DaybreakError('NOT_FOUND', 'a command has no sessions; `daybreak serve` has')
}

const NO_AUTHENTICATION: ApiContext['authentication'] = {
  expectNative: () => undefined,
  authenticate: async () => {
    throw noSessions()
  },
  enter: () => {
    throw noSessions()
  },
  issue: () => {
    throw noSessions()
  },
  leave: () => null,
}

/** The key of API tokens is read, and on a laptop made, when the first token is. Null where the environment names none. */
function signerOf(project: Project, { ports: { clock, log } }: Daybreak): TokenSigner | null {
  const { auth } = project.environment
  const now = () => clock.now()
  const isServed = auth !== undefined && auth.kind !== 'loopback'
  const reference = isServed ? auth.tokenKey : undefined
  if (isServed && reference === undefined) return null
  const withTokens = async <Result>(work: (tokens: TokenSigner) => Promise<Result>): Promise<Result> => {
    if (reference === undefined) return await work(await laptopTokens(project, now))
    const secrets = await openSecrets(project, { clock, log })
    try {
      return await work(await serviceTokens(project, reference, { secrets, now }))
    } finally {
      await secrets.close()
    }
  }
  return {
    sign: (claims) => withTokens((tokens) => tokens.sign(claims)),
    publicKeys: () => withTokens((tokens) => tokens.publicKeys()),
  }
}
