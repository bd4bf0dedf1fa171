import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Processes } from '../../pipeline/ports.ts'

/** A process, as another one of the same machine can tell it from those that had its number before. */
interface Identity {
  readonly machine: string
  /** Changes when the machine starts; empty where the system does not say. */
  readonly boot: string
  readonly pid: number
  /** Ticks from the machine's start to the process's; empty where the system does not say. */
  readonly start: string
}

/** This process, and whether others that left their identity in the ledger are still alive. */
export function createProcesses(): Processes {
  const own: Identity = { machine: hostname(), boot: bootId(), pid: process.pid, start: startOf(process.pid) }
  return { own: JSON.stringify(own), isGone: (identity) => isGone(parse(identity), own) }
}

/** Of another machine nothing is known, so its process counts as alive until its lease ends. */
function isGone(other: Identity | null, own: Identity): boolean {
  if (other === null || other.machine !== own.machine) return false
  if (other.boot !== own.boot) return true
  if (other.pid === own.pid) return other.start !== own.start
  return !isAlive(other.pid) || startOf(other.pid) !== other.start
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is there all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')
}

/** Numbers of processes are used again, so one is told by its start as well: field 22, after a name that may hold anything. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

function parse(text: string): Identity | null {
  try {
    const { machine, boot, pid, start } = JSON.parse(text)
    const isIdentity =
      typeof machine === 'string' && typeof boot === 'string' && typeof start === 'string' && Number.isInteger(pid)
    return isIdentity ? { machine, boot, pid, start } : null
  } catch {
    return null
  }
}
