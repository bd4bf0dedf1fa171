import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { peakMemory, type ServingProcess } from '../../tests/support/serving.ts'

/** Work of the instances since they were started or last reset. */
export interface Busy {
  /** Requests by the first folder of their path. */
  readonly requests: Readonly<Record<string, number>>
  /** Seconds of requests, added up. */
  readonly requestSeconds: number
  /** Seconds during which an instance had a request, added up over instances: what is billed. */
  readonly instanceSeconds: number
  /** Seconds of processor time of all processes. */
  readonly cpuSeconds: number
}

/** Processes behind one address, as Cloud Run has them: each takes so many requests at a time, and others wait. */
export interface Instances {
  readonly port: number
  busy(): Busy
  /** Highest memory of any of them, in MiB. */
  peakMemory(): number
  /** Lines and bytes of log so far. */
  logged(): { readonly lines: number; readonly bytes: number }
  log(): readonly Readonly<Record<string, unknown>>[]
  close(): Promise<void>
}

interface Instance {
  readonly process: ServingProcess
  underway: number
  busySince: number
  busySeconds: number
}

/** Puts processes behind one address. */
export async function startInstances(processes: readonly ServingProcess[], concurrency: number): Promise<Instances> {
  const instances = processes.map((process): Instance => ({ process, underway: 0, busySince: 0, busySeconds: 0 }))
  const waiting: ((instance: Instance) => void)[] = []
  const requests = new Map<string, number>()
  let requestSeconds = 0

  const take = (): Promise<Instance> => {
    // The fullest that still has room: Cloud Run fills instances before it starts others.
    const [free] = instances
      .filter(({ underway }) => underway < concurrency)
      .toSorted((a, b) => a.underway - b.underway)
    if (!free) return new Promise((resolve) => waiting.push(resolve))
    enter(free)
    return Promise.resolve(free)
  }
  const enter = (instance: Instance) => {
    if (instance.underway++ === 0) instance.busySince = performance.now()
  }
  const leave = (instance: Instance) => {
    if (--instance.underway === 0) instance.busySeconds += (performance.now() - instance.busySince) / 1000
    const next = waiting.shift()
    if (!next) return
    enter(instance)
    next(instance)
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('/')[1]?.split(/[?:]/)[0] ?? ''
    requests.set(path, (requests.get(path) ?? 0) + 1)
    void take().then(async (instance) => {
      const began = performance.now()
      await forward(request, response, instance.process.port)
      requestSeconds += (performance.now() - began) / 1000
      leave(instance)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    busy: () => ({
      requests: Object.fromEntries(requests),
      requestSeconds,
      instanceSeconds: instances.reduce((sum, { busySeconds }) => sum + busySeconds, 0),
      cpuSeconds: processes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    }),
    peakMemory: () => Math.round(Math.max(...processes.map(({ pid }) => peakMemory(pid) ?? 0))),
    logged() {
      const text = processes.map((process) => process.written()).join('')
      return { lines: text.split('\n').length - 1, bytes: Buffer.byteLength(text) }
    },
    log: () => processes.flatMap((process) => process.log()),
    async close() {
      server.close()
      server.closeAllConnections()
      for (const process of processes) process.kill('SIGTERM')
      await Promise.all(processes.map(({ ended }) => ended))
    },
  }
}

function forward(incoming: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  return new Promise((resolve) => {
    const { url, method, headers } = incoming
    const outgoing = httpRequest({ host: '127.0.0.1', port, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      answer.on('close', resolve)
    })
    outgoing.on('error', () => {
      response.destroy()
      resolve()
    })
    incoming.pipe(outgoing)
  })
}

// Unit in which Linux counts a process's time, for any clock of the kernel.
const TICKS_PER_SECOND = 100

/** Processor time of a process so far, its own and the system's for it; 0 where there is no /proc. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return 0
  }
}
