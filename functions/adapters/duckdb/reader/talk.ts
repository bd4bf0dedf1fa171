import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DaybreakError } from '../../../errors.ts'
import { Reply, type Request } from './protocol.ts'
import { READER } from './word.ts'

interface TalkOptions {
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  /** Milliseconds that the process may take to answer; the time that its reader takes does not count. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly onWait: (holder: string) => void
  /** Called once the process is gone. */
  readonly onClose: () => Promise<void>
}

/** A conversation with a process that answers one question. */
export interface Talk {
  /** The next reply. @throws {DaybreakError} for one that is none of these kinds: what went wrong. */
  expect<Kind extends Reply['kind']>(...kinds: readonly Kind[]): Promise<Extract<Reply, { kind: Kind }>>
  /** Kills the process if it is still there. */
  close(): Promise<void>
}

/** Starts a reader process and asks it. It knows nothing of the environment, so no secret can be asked for. */
export function startTalk(request: Request, options: TalkOptions): Talk {
  const [command = '', ...args] = options.program
  const child = spawn(command, [...args, READER], {
    env: { TZ: 'UTC', DAYBREAK_REEXEC: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // Of its own group: Ctrl-C at a terminal is for the asker to act on.
    detached: true,
  })
  const gone = once(child, 'close').catch(() => undefined)
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(request)}\n`)
  const lines = linesOf(child.stdout)
  const kill = () => void child.kill('SIGKILL')
  let left = options.timeout
  let isLate = false

  const nextLine = async (isTimed: boolean): Promise<string | null> => {
    const since = performance.now()
    const timer = setTimeout(
      () => {
        isLate = true
        kill()
      },
      isTimed ? left : 2 ** 31 - 1,
    )
    options.signal.addEventListener('abort', kill)
    if (options.signal.aborted) kill()
    try {
      return (await lines.next()).value ?? null
    } finally {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', kill)
      if (isTimed) left -= performance.now() - since
    }
  }
  let isOpen = false
  const next = async (): Promise<Reply> => {
    for (;;) {
      const line = await nextLine(isOpen)
      if (line === null) throw ended(options, isLate)
      const reply = Reply.parse(JSON.parse(line))
      if (reply.kind === 'failed') throw new DaybreakError(reply.code, reply.message)
      if (reply.kind === 'waiting') options.onWait(reply.holder)
      else if (reply.kind === 'opened') isOpen = true
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
      kill()
      // What was said and not read would keep the stream open, and `close` waits for its end.
      child.stdout.destroy()
      await gone
      await options.onClose()
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

/** Lines of a stream; what is not read waits in the pipe. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string, undefined> {
  let begun: Buffer[] = []
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      begun.push(chunk.subarray(from, end))
      yield Buffer.concat(begun).toString('utf8')
      begun = []
      from = end + 1
    }
    begun.push(chunk.subarray(from))
  }
}
