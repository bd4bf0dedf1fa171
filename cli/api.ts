import type { ApiAnswer, ApiClient } from '../functions/api/contract/client.ts'
import type { ApiKey } from '../functions/api/contract/routes.ts'
import { openLocalApi } from '../functions/compose/local-api.ts'
import type { ComposeOptions, Daybreak } from '../functions/compose.ts'
import type { Project } from '../functions/config/project.ts'
import { DaybreakError } from '../functions/errors.ts'
import manifest from '../package.json' with { type: 'json' }
import { actorOf } from './actor.ts'
import type { Call } from './command.ts'
import { findNamed, withDaybreak } from './open.ts'
import { connect } from './remote/connect.ts'

/** Answers of the API, of the project or of the server that `--remote` names: a command is written once. */
export async function withApi<Result>(
  call: Pick<Call, 'options' | 'context'>,
  work: (api: ApiClient) => Promise<Result>,
  more: Partial<ComposeOptions> = {},
): Promise<Result> {
  const { options, context } = call
  if (options.remote !== null) return await work(await connect(options.remote, context))
  return await withDaybreak(call, (daybreak, project) => work(localApi(call, daybreak, project)), more)
}

/** The API of an open project, for the person at the terminal. */
export function localApi({ context }: Pick<Call, 'context'>, daybreak: Daybreak, project: Project): ApiClient {
  const { env, program, signal } = context
  return openLocalApi(daybreak, project, {
    ...{ actor: actorOf(context), version: manifest.version, env, program, signal },
  })
}

/** @throws {DaybreakError} REMOTE_UNSUPPORTED for a flag that works on the project itself. */
export function expectLocal({ options }: Pick<Call, 'options'>, command: string, flag: string): void {
  if (options.remote === null) return
  throw new DaybreakError('REMOTE_UNSUPPORTED', `\`daybreak ${command} ${flag}\` works on the project itself`, {
    details: { next: `daybreak ${command} --help` },
  })
}

interface Page {
  readonly nextPageToken: string | null
}

const PAGE_SIZE = 500

/** Pages of a list, one after the other. */
export async function* eachPage<Answer extends Page>(
  ask: (page: { readonly pageSize: number; readonly pageToken?: string }) => Promise<Answer>,
  pageSize = PAGE_SIZE,
): AsyncGenerator<Answer> {
  for (let pageToken: string | null | undefined; pageToken !== null; ) {
    const answer = await ask({ pageSize, ...(pageToken !== undefined && { pageToken }) })
    yield answer
    pageToken = answer.nextPageToken
  }
}

/** Member of the answer of a list. */
export type Item<
  Key extends ApiKey,
  Member extends keyof ApiAnswer<Key>,
> = ApiAnswer<Key>[Member] extends readonly (infer Each)[] ? Each : never

/** The pipeline of that name, with its words; without a name, the only one. @throws {DaybreakError} USAGE_INVALID. */
export async function askPipeline(api: ApiClient, name: string | undefined) {
  const { pipelines } = await api('GET /api/pipelines')
  return findNamed(pipelines, name)
}

/** Pure: an instant of the API with milliseconds, as the command line prints it. */
export function isoText(instant: string): string {
  return new Date(instant).toISOString()
}
