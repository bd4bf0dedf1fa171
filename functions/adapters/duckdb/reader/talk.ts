import { DaybreakError } from '../../../errors.ts'
import { type Child, type ChildOptions, takeChild } from './child.ts'
import { Reply, type Request } from './protocol.ts'

interface TalkOptions {
  readonly child: ChildOptions
  /** Milliseconds that the process may take to answer; the time that its reader takes does not count. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly onWait: (holder: string) => void
  /** Called once the process is free of the question, or gone. */
  readonly onClose: () => Promise<void>
}

/** A conversation with a process about one question. */
export interface Talk {
  /** The next reply. @throws {DaybreakError} for one that is none of these kinds: what went wrong. */
  expect<Kind extends Reply['kind']>(...kinds: readonly Kind[]): Promise<Extract<Reply, { kind: Kind }>>
  /** Keeps the process for the next question after a whole answer, and kills it otherwise. */
  close(): Promise<void>
}

/** Asks a reader process. */
export function startTalk(request: Request, options: TalkOptions): Talk {
  let child = takeChild(options.child)
  child.say(JSON.stringify(request))
  const clock = createClock(options)
  const heard = { line: false, opened: false, end: false }
  const nextLine = async (): Promise<string | null> => {
    const line = await clock.wait(child, heard.opened)
    if (line !== null || heard.line || !child.isUsed || clock.isStopped()) return line
    // It ended while it waited for a question, and another one takes it.
    await child.end()
    child = takeChild(options.child, true)
    child.say(JSON.stringify(request))
    return await clock.wait(child, false)
  }
  const next = async (): Promise<Reply> => {
    for (;;) {
      const line = await nextLine()
      if (line === null) throw ended(options, clock.isLate())
      heard.line = true
      const reply = Reply.parse(JSON.parse(line))
      heard.end = reply.kind === 'done' || reply.kind === 'failed'
      if (reply.kind === 'failed') throw new DaybreakError(reply.code, reply.message)
      if (reply.kind === 'waiting') options.onWait(reply.holder)
      else if (reply.kind === 'opened') heard.opened = true
      else return reply
    }
  }
  return {
    async expect(...kinds) {
      const reply = await next()
      const found = kinds.find((kind) => kind === reply.kind)
      if (found === undefined || !isKind(reply, found))
        throw new DaybreakError('INTERNAL', `the reader said ${reply.kind}, expected ${kinds.join(' or ')}`)
      return reply
    },
    async close() {
      // It has closed the file when it says that it is ready.
      const isReady = heard.end && !clock.isStopped() && (await clock.wait(child, true)) === READY
      if (isReady) child.keep()
      else await child.end()
      await options.onClose()
    },
  }
}

const READY = JSON.stringify({ kind: 'ready' } satisfies Reply)

/** Waits for lines of a child, which is killed when its time is up or its asker leaves. */
function createClock({ timeout, signal }: Pick<TalkOptions, 'timeout' | 'signal'>) {
  let left = timeout
  let isLate = false
  return {
    isLate: () => isLate,
    isStopped: () => isLate || signal.aborted,
    async wait(child: Child, isTimed: boolean): Promise<string | null> {
      const since = performance.now()
      const timer = setTimeout(
        () => {
          isLate = true
          child.kill()
        },
        isTimed ? left : 2 ** 31 - 1,
      )
      signal.addEventListener('abort', child.kill)
      if (signal.aborted) child.kill()
      try {
        return await child.nextLine()
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', child.kill)
        if (isTimed) left -= performance.now() - since
      }
    },
  }
}

function isKind<Kind extends Reply['kind']>(reply: Reply, kind: Kind): reply is Extract<Reply, { kind: Kind }> {
  return reply.kind === kind
}

function ended({ signal, timeout }: TalkOptions, isLate: boolean): DaybreakError {
  if (signal.aborted) return new DaybreakError('CANCELLED', 'the query was stopped')
  if (isLate) return new DaybreakError('QUERY_LIMIT', `the query took longer than ${timeout / 1000} s`)
  return new DaybreakError('QUERY_LIMIT', 'the process of the query died, most likely for want of memory')
}
