import { nextTime, parseCron } from './cron.ts'

/** A job whose target is a topic, as infra/ declares it. What it publishes is always the same: there are no templates. */
export interface Job {
  readonly name: string
  /** Five fields. */
  readonly schedule: string
  readonly timeZone: string
  /** `projects/P/topics/T`. */
  readonly topic: string
  readonly data: Uint8Array
  readonly attributes?: Readonly<Record<string, string>>
}

/** How a job misbehaves: at least once means more than once, and a service that is away means never. */
export interface JobFaults {
  /** So many times instead of once; 0 is never. */
  readonly times?: number
  /** Milliseconds. */
  readonly late?: number
}

/** When a job was due, and when it was published. */
export interface Firing {
  readonly job: string
  readonly dueAt: number
  readonly at: number
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[]
  readonly publish: (job: Job) => Promise<unknown>
  /** Moves time to an instant, and does what else becomes due on the way. */
  readonly moveTo: (instant: number) => Promise<void>
  readonly now: () => number
}

/** Cloud Scheduler, on a clock that it moves itself. */
export interface Scheduler {
  /** Lets time pass until an instant, and publishes what becomes due. A publication that fails is tried again, five times. */
  runUntil(instant: number): Promise<readonly Firing[]>
  /** By the names of jobs; the others behave. */
  misbehave(faults: Readonly<Record<string, JobFaults>>): void
}

const ATTEMPTS = 6

/** Fires jobs at the times their clocks show. It knows only jobs that publish to topics. */
export function createScheduler({ jobs, publish, moveTo, now }: SchedulerOptions): Scheduler {
  const crons = new Map(jobs.map((job) => [job, parseCron(job.schedule)]))
  let faults: Readonly<Record<string, JobFaults>> = {}

  const firingsUntil = (end: number) => {
    const firings: (Firing & { readonly of: Job })[] = []
    for (const [job, cron] of crons) {
      const { times = 1, late = 0 } = faults[job.name] ?? {}
      for (let dueAt = nextTime(cron, now(), job.timeZone); dueAt <= end; dueAt = nextTime(cron, dueAt, job.timeZone))
        for (let time = 0; time < times; time++) firings.push({ job: job.name, dueAt, at: dueAt + late, of: job })
    }
    return firings.toSorted((a, b) => a.at - b.at)
  }
  const fire = async (job: Job) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await publish(job)
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
      }
    }
  }
  return {
    async runUntil(instant) {
      const firings = firingsUntil(instant)
      for (const { at, of } of firings) {
        await moveTo(at)
        await fire(of)
      }
      await moveTo(instant)
      return firings.map(({ job, dueAt, at }) => ({ job, dueAt, at }))
    },
    misbehave(next) {
      faults = next
    },
  }
}
