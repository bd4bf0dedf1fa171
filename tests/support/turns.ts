/** Thrown out of a call by the death of the worker that made it. */
export class Killed extends Error {}

interface Waiting {
  readonly worker: number
  readonly go: () => void
  readonly kill: () => void
}

export interface Turns {
  /** The ports of one worker: each call waits until it is its turn. */
  portsOf<Ports extends object>(worker: number, ports: Ports): Ports
  /**
   * Runs work by giving turns in an order drawn at random, until all of it has ended. Work that was killed is begun again, as
   * a message that was not acknowledged comes again. `beside` is called before each turn and may do something of its own.
   */
  run(work: readonly (() => Promise<unknown>)[], options: { deaths: number; beside: () => void }): Promise<void>
}

/** Lets several workers meet at every call of a port, in an order that a seed decides. */
export function createTurns(random: () => number): Turns {
  const waiting: Waiting[] = []
  const turn = (worker: number) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ worker, go: resolve, kill: () => reject(new Killed(`worker ${worker}`)) })
    })
  const wrap = <Port extends object>(worker: number, port: Port): Port =>
    new Proxy(port, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || key === 'now' || key === 'uri') return member
        return async (...args: unknown[]) => {
          await turn(worker)
          return await Reflect.apply(member, target, args)
        }
      },
    })
  return {
    portsOf: (worker, ports) =>
      new Proxy(ports, {
        get(target, key) {
          const port: unknown = Reflect.get(target, key)
          return typeof port === 'object' && port !== null ? wrap(worker, port) : port
        },
      }),
    async run(work, { deaths, beside }) {
      let left = deaths
      let open = work.length
      let failed: unknown
      const begin = (one: () => Promise<unknown>): void => {
        one().then(
          () => open--,
          (error: unknown) => {
            if (error instanceof Killed) return begin(one)
            failed = error
            open = 0
          },
        )
      }
      work.forEach(begin)
      while (open > 0) {
        await new Promise((resolve) => setImmediate(resolve))
        beside()
        const [next] = waiting.splice(Math.floor(random() * waiting.length), 1)
        if (!next) continue
        if (left > 0 && random() < 0.05) {
          left--
          next.kill()
        } else next.go()
      }
      if (failed) throw failed
    },
  }
}
