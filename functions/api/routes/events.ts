import { type EventConfig, EventConfig as EventShape } from '../../config/events-config.ts'
import { DaybreakError } from '../../errors.ts'
import type { Setting } from '../../pipeline/people/records.ts'
import { expectKnown, expectVisible, instantText } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { EVENT_ROUTES } from '../contract/events.ts'

const FILE = 'config/events.yaml'

/** Handlers of days that are known to be unusual. */
export const EVENT_HANDLERS: HandlersOf<typeof EVENT_ROUTES> = {
  'GET /api/events': async ({ query: { from, to }, principal }, context) => {
    const seen = (await allOf(context)).flatMap((event) => cut(event, principal.shards))
    const events = seen.filter(({ date }) => (from === undefined || date >= from) && (to === undefined || date <= to))
    return { body: { events: events.toSorted((a, b) => byText(b.date, a.date) || byText(a.name, b.name)) } }
  },

  'POST /api/events': async ({ body, principal, settle }, context) => {
    const { locations } = body
    if (locations === 'all' && principal.shards !== null)
      throw new DaybreakError('FORBIDDEN', 'an event of all locations concerns some that you may not see; name yours')
    if (locations !== 'all') {
      expectVisible(principal, locations)
      expectKnown('locations', locations, shardsOf(context))
    }
    const id = idOf(body)
    const known = (await allOf(context)).find((event) => event.id === id)
    if (known) throw new DaybreakError('STATE_CONFLICT', `${body.name} is known on ${body.date} already, as ${id}`)
    const setting: Setting = {
      ...{ kind: 'events', id, version: 0, origin: 'ui', body: { ...body } },
      ...{ updatedAt: context.now(), updatedBy: principal.name },
    }
    const answer = { body: toAnswer(setting, { ...body }) }
    return await settle({ action: 'event.add', subject: id, after: setting.body }, answer, [
      { change: 'setting', setting },
    ])
  },

  'DELETE /api/events/{id}': async ({ path: { id }, principal, settle }, context) => {
    const event = (await allOf(context)).find((one) => one.id === id)
    const hidden = event && cut(event, principal.shards).length === 0
    if (!event || hidden) throw new DaybreakError('NOT_FOUND', `there is no event ${JSON.stringify(id)}`)
    if (event.origin !== null)
      throw new DaybreakError('STATE_CONFLICT', `${id} is defined in ${event.origin}; remove it there`)
    const isPartly = principal.shards !== null && !isWithin(event.locations, principal.shards)
    if (isPartly) throw new DaybreakError('FORBIDDEN', `${id} concerns locations that you may not see`)
    const setting = await context.ledger.reads.setting('events', id)
    if (!setting) throw new DaybreakError('NOT_FOUND', `there is no event ${JSON.stringify(id)}`)
    const removed = { change: 'setting_deleted', kind: 'events', id, version: setting.version } as const
    return await settle({ action: 'event.remove', subject: id, before: setting.body }, { body: null }, [removed])
  },
}

type Answer = ReturnType<typeof toAnswer>

function toAnswer(
  { id, updatedAt, updatedBy }: Pick<Setting, 'id' | 'updatedAt' | 'updatedBy'>,
  { date, name, locations }: EventConfig,
) {
  return {
    ...{ id, date, name, locations: locations === 'all' ? ('all' as const) : [...locations] },
    ...{
      origin: null as string | null,
      addedAt: instantText(updatedAt) as string | null,
      addedBy: updatedBy as string | null,
    },
  }
}

async function allOf(context: ApiContext): Promise<readonly Answer[]> {
  const [first] = context.definitions.values()
  const ofFile = (first?.events ?? []).map(({ date, name, locations }) => ({
    ...{ id: idOf({ date, name }), date, name, locations: locations === 'all' ? ('all' as const) : [...locations] },
    ...{ origin: FILE, addedAt: null, addedBy: null },
  }))
  const ofPeople = (await context.ledger.reads.settings('events')).flatMap((setting) => {
    const parsed = EventShape.safeParse(setting.body)
    return parsed.success ? [toAnswer(setting, parsed.data)] : []
  })
  return [...ofFile, ...ofPeople]
}

/** The event with the caller's locations; none where it concerns no location of theirs. */
function cut(event: Answer, shards: readonly string[] | null): readonly Answer[] {
  if (shards === null || event.locations === 'all') return [event]
  const locations = event.locations.filter((id) => shards.includes(id))
  return locations.length === 0 ? [] : [{ ...event, locations }]
}

const isWithin = (locations: Answer['locations'], shards: readonly string[]): boolean =>
  locations !== 'all' && locations.every((id) => shards.includes(id))

function shardsOf({ definitions }: ApiContext): readonly string[] {
  return [...new Set([...definitions.values()].flatMap(({ shards }) => shards.map(({ id }) => id)))]
}

/** `2026-11-26-thanksgiving`: the same day and name are the same event. */
function idOf({ date, name }: Pick<EventConfig, 'date' | 'name'>): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return `${date}-${words}`.slice(0, 100)
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
