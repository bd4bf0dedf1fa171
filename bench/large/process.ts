import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

/** Processor seconds of a process since it began, with those of the children that have ended. */
export function cpuOf(pid: number): number {
  const fields = fieldsOf(pid)
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100
}

/** Processor seconds of a process and its children. */
export function cpuOfAll(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + cpuOrNone(Number(child)), cpuOf(pid))
}

/** A child that has just ended is counted by its parent. */
function cpuOrNone(pid: number): number {
  try {
    return cpuOf(pid)
  } catch {
    return 0
  }
}

function fieldsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
}

/** Resident memory of a process in MiB: now, or the highest so far. */
export function memoryOf(pid: number, row: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${row}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
}

/** Load of the machine over the last minute. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(0)
}
