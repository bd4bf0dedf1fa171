import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface MoverProcess {
  readonly child: ChildProcess
  /** Resolves when its ledger is open, or when it has ended. */
  readonly ready: Promise<unknown>
  /** Lets it begin. */
  go(): void
  /** Moves it said were applied. */
  readonly moved: () => number
  readonly conflicts: () => number
  readonly exit: Promise<unknown>
}

/** A process that moves rows, as ledger-mover.ts says. It opens the ledger at once, and moves when it is told to. */
export function startMover(
  ledger: string,
  moves: number,
  name: string,
  onMove: (mover: MoverProcess) => void = () => {},
): MoverProcess {
  const program = join(import.meta.dirname, 'ledger-mover.ts')
  const child = spawn(process.execPath, [program, ledger, `${moves}`, name], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const open = Promise.withResolvers<void>()
  const exit = once(child, 'exit')
  let moved = 0
  let conflicts = 0
  const mover: MoverProcess = {
    child,
    ready: Promise.race([open.promise, exit]),
    go: () => void child.stdin.end('go\n'),
    moved: () => moved,
    conflicts: () => conflicts,
    exit,
  }
  createInterface(child.stdout).on('line', (line) => {
    const [word, count] = line.split(' ')
    if (word === 'open') return open.resolve()
    if (word === 'conflicts') conflicts = Number(count)
    else moved = Number(count)
    onMove(mover)
  })
  return mover
}
