import { byPath } from '../../functions/handlers/all.ts'
import type { HandlerContext } from '../../functions/handlers/context.ts'
import { type RunningServer, startServer } from '../../functions/http/server.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Queue } from '../../functions/pipeline/ports.ts'

/** The body of a push request. */
export function envelope(data: unknown, { id = 'm1', publishTime = '2025-02-06T12:00:00Z', attributes = {} } = {}) {
  return {
    message: { messageId: id, publishTime, data: Buffer.from(JSON.stringify(data)).toString('base64'), attributes },
    subscription: 'projects/test-project/subscriptions/test',
  }
}

/** Serves the handlers of a context on a free port. */
export async function serve(context: HandlerContext | (() => Promise<HandlerContext>), maxBodyBytes = 1_048_576) {
  const open = typeof context === 'function' ? context : async () => context
  return await startServer({ handler: byPath(open), host: '127.0.0.1', port: 0, maxBodyBytes })
}

/** A queue that keeps messages until they are pushed over HTTP, as a subscription does. */
export interface PushQueue extends Queue {
  readonly waiting: Message[]
}

export function createPushQueue(): PushQueue {
  const waiting: Message[] = []
  return {
    waiting,
    can: { delay: true },
    loadWait: 300_000,
    async publish(messages) {
      waiting.push(...messages)
    },
  }
}

/** The token of this machine in tests, and the header that carries it. */
export const LOCAL_TOKEN = 'a1'.repeat(32)
export const LOCAL = { authorization: `Bearer ${LOCAL_TOKEN}` }

/** A server, and what every request to it carries. */
export interface Pushed extends Pick<RunningServer, 'port'> {
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a body to a path. */
export async function post(
  { port, headers: always = {} }: Pushed,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...always, ...headers },
    body: JSON.stringify(body),
  })
}

/** Pushes everything that waits, and what comes of it, until nothing is left; statuses that were answered, in order. */
export async function pump(
  server: Pushed,
  queue: PushQueue,
  {
    copies = 1,
    headers = {},
    attempts = 20,
  }: { copies?: number; headers?: Record<string, string>; attempts?: number } = {},
): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let turn = 0; queue.waiting.length > 0 && turn < attempts; turn++) {
    const batch = queue.waiting.splice(0)
    const answers = batch.flatMap((message) =>
      Array.from({ length: copies }, async () => {
        const body = envelope({ messageId: message.id }, { id: message.id })
        const { status } = await post(server, `/${message.work.kind}`, body, headers)
        statuses.push(status)
        return { message, status }
      }),
    )
    const failed = new Map(
      (await Promise.all(answers)).filter(({ status }) => status >= 300).map(({ message }) => [message.id, message]),
    )
    queue.waiting.push(...failed.values())
  }
  return statuses
}
