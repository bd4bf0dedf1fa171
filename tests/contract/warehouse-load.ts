import { setTimeout as pause } from 'node:timers/promises'
import type { LoadJob, Warehouse } from '../../functions/pipeline/destination.ts'

/** The day that most tests load. */
export const DAY = '2026-01-05'

/** Starts a job and waits for its end: a warehouse may take its time. */
export async function load(warehouse: Warehouse, job: LoadJob): Promise<void> {
  await warehouse.startLoad(job)
  while ((await warehouse.loadStatus(job))?.state === 'running') await pause(10)
}
