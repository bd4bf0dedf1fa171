import type { Message } from '../../pipeline/entities.ts'
import type { PeopleChange } from '../../pipeline/people/changes.ts'

type Place = { readonly pipeline: string; readonly window: string; readonly shard: string }

// A night of a thousand locations becomes seven topics.
const MOST = 50

/**
 * Subjects of changes, as topics that a client compares with what it shows: `slice/PIPELINE/WINDOW/SHARD`, `run/ID`,
 * `incidents`. Over 50 slices become one topic per window, over 50 windows one per pipeline, and over 50 of all one `*`.
 */
export function topicsOf(changes: readonly PeopleChange[]): readonly string[] {
  const slices = new Map<string, Place>()
  const others = new Set<string>()
  for (const change of changes) {
    const place = placeOf(change)
    if (place) slices.set(`slice/${place.pipeline}/${place.window}/${place.shard}`, place)
    for (const topic of topicOf(change)) others.add(topic)
  }
  const topics = [...namesOf(slices), ...others]
  return topics.length > MOST ? ['*'] : topics
}

function namesOf(slices: ReadonlyMap<string, Place>): readonly string[] {
  const places = [...slices.values()]
  const windows = new Set(places.map(({ pipeline, window }) => `slices/${pipeline}/${window}`))
  if (slices.size <= MOST) return [...slices.keys()]
  return windows.size <= MOST ? [...windows] : [...new Set(places.map(({ pipeline }) => `slices/${pipeline}`))]
}

function placeOf(change: PeopleChange): Place | null {
  switch (change.change) {
    case 'slice':
      return change.slice
    case 'delivery':
      return change.delivery
    case 'kept_file':
      return change.file
    case 'checks':
      return change.key
    case 'sign_off':
    case 'sign_off_deleted':
      return change.signOff
    default:
      return null
  }
}

function topicOf(change: PeopleChange): readonly string[] {
  switch (change.change) {
    case 'run':
      return [`run/${change.run.id}`]
    case 'run_slice':
      return [`run/${change.runSlice.runId}`]
    case 'run_step':
      return [`run/${change.step.runId}`]
    case 'message':
      return runOf(change.message)
    case 'partition':
      return [`partition/${change.partition.pipeline}/${change.partition.stream}/${change.partition.window}`]
    case 'build':
      return [`build/${change.build.model}/${change.build.window}`]
    case 'backfill':
      return [`backfill/${change.backfill.id}`]
    case 'incident_opened':
    case 'incident_resolved':
    case 'incident_state':
    case 'incident_event':
    case 'incident_placed':
      return ['incidents']
    case 'setting':
      return [`settings/${change.setting.kind}`]
    case 'setting_deleted':
      return [`settings/${change.kind}`]
    case 'override':
    case 'override_deleted':
      return ['on-call']
    case 'notification':
    case 'notification_settled':
      return ['notifications']
    default:
      return []
  }
}

function runOf({ runId }: Message): readonly string[] {
  return runId === null ? [] : [`run/${runId}`]
}
