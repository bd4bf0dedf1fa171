import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { READER } from './word.ts'

/** How a reader process is started. */
export interface ChildOptions {
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  /** As of `os.setPriority`: a process that serves lets its loads go first. Default: that of this process. */
  readonly priority?: number
}

/** A reader process. */
export interface Child {
  /** False for the first question of a process. */
  readonly isUsed: boolean
  /** The next line that it says; null when it is gone. */
  nextLine(): Promise<string | null>
  say(line: string): void
  kill(): void
  /** Kills it, and waits until it is gone. */
  end(): Promise<void>
  /** Keeps it for the next question. */
  keep(): void
}

const KEPT_FOR = 10_000

// One for each way to start it. It holds no file, and ends with this process, which it does not keep from ending.
const kept = new Map<string, { readonly take: () => Child }>()

/** A process that answered before and is free, or a new one. It knows nothing of the environment, so no secret can be asked for. */
export function takeChild(options: ChildOptions, isFresh = false): Child {
  const key = JSON.stringify(options)
  const found = isFresh ? undefined : kept.get(key)
  if (found === undefined) return start(options, key)
  kept.delete(key)
  return found.take()
}

function start({ program: [command = '', ...args], priority }: ChildOptions, key: string): Child {
  const child = spawn(command, [...args, READER], {
    env: { TZ: 'UTC', DAYBREAK_REEXEC: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // Of its own group: Ctrl-C at a terminal is for the asker to act on.
    detached: true,
  })
  if (priority !== undefined && child.pid !== undefined) lower(child.pid, priority)
  const gone = once(child, 'close').catch(() => undefined)
  child.stdin.on('error', () => undefined)
  const lines = linesOf(child.stdout)
  const kill = () => void child.kill('SIGKILL')
  const one: Omit<Child, 'isUsed'> = {
    nextLine: async () => (await lines.next()).value ?? null,
    say: (line) => void child.stdin.write(`${line}\n`),
    kill,
    async end() {
      kill()
      // What was said and not read would keep the stream open, and `close` waits for its end.
      child.stdout.destroy()
      await gone
    },
    keep() {
      kept.get(key)?.take().kill()
      hold(child, false)
      const timer = setTimeout(() => forget(), KEPT_FOR).unref()
      const entry = {
        take() {
          clearTimeout(timer)
          child.off('exit', forget)
          hold(child, true)
          return { ...one, isUsed: true }
        },
      }
      const forget = () => {
        if (kept.get(key) === entry) kept.delete(key)
        kill()
      }
      child.on('exit', forget)
      kept.set(key, entry)
    },
  }
  return { ...one, isUsed: false }
}

/** Where the system does not let it, the process runs as this one does. */
function lower(pid: number, priority: number): void {
  try {
    setPriority(pid, priority)
  } catch {
    // It has ended already, or the system has no priorities.
  }
}

/** Lets this process wait for the end of a child and its pipes, or not. */
function hold(child: ChildProcess, isHeld: boolean): void {
  for (const one of [child, child.stdin, child.stdout]) {
    if (one === null || !('ref' in one && 'unref' in one)) continue
    const { ref, unref } = one as { ref(): void; unref(): void }
    ;(isHeld ? ref : unref).call(one)
  }
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
