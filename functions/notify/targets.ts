import type { NotifyConfig, PersonConfig } from '../config/notify-config.ts'
import type { Instant } from '../pipeline/entities.ts'
import type { Urgency } from './message.ts'
import { quietUntil } from './quiet-hours.ts'
import { type Override, onCall } from './rotation.ts'

/** A channel, and the person in it; an empty person is the channel itself. */
export interface Target {
  readonly channel: string
  readonly person: string
}

/** Configuration, swapped shifts and instant that targets are found with. */
export interface Directory {
  readonly config: NotifyConfig
  readonly overrides: readonly Override[]
  readonly now: Instant
}

/** Urgency and shards of a message: they decide the channel, and which persons it concerns. */
export interface Concern {
  readonly urgency: Urgency
  /** Empty for a message that concerns every shard. */
  readonly shards: readonly string[]
}

/**
 * Everybody that a step of a policy reaches now. `taken` says which targets have failed for good: the next channel of the person
 * takes their place. Quiet hours leave a person out, except for a page.
 */
export function targetsOf(
  to: string,
  concern: Concern,
  { directory, hasFailed }: { readonly directory: Directory; readonly hasFailed: (target: Target) => boolean },
): readonly Target[] {
  const [noun, name = ''] = to.split(' ')
  if (noun === 'channel') return [{ channel: name, person: '' }]
  return personsOf(noun, name, directory).flatMap((person): readonly Target[] => {
    const config = directory.config.people[person]
    if (!config || !isConcerned(config, concern) || isQuiet(config, concern, directory.now)) return []
    const channel = channelsOf(config, concern.urgency).find((each) => !hasFailed({ channel: each, person }))
    return channel === undefined ? [] : [{ channel, person }]
  })
}

/** Channels of a person in the order in which they are tried. */
export function channelsOf({ page, ticket }: PersonConfig, urgency: Urgency): readonly string[] {
  if (urgency === 'page') return page.length > 0 ? page : ticket
  return ticket.length > 0 ? ticket : page
}

/** True for a person who is to be left alone now. */
export function isQuiet({ quiet, zone }: PersonConfig, { urgency }: Pick<Concern, 'urgency'>, now: Instant): boolean {
  return urgency !== 'page' && quiet !== undefined && quietUntil({ ...quiet, zone }, now) !== null
}

function isConcerned({ locations }: PersonConfig, { shards }: Concern): boolean {
  return locations === 'all' || shards.length === 0 || shards.some((shard) => locations.includes(shard))
}

function personsOf(noun: string | undefined, name: string, { config, overrides, now }: Directory): readonly string[] {
  if (noun === 'person') return [name]
  if (noun === 'role')
    return Object.entries(config.people).flatMap(([person, { role }]) => (role === name ? [person] : []))
  const rotation = config.rotations[name]
  return rotation ? [onCall({ name, config: rotation }, overrides, now).person] : []
}
