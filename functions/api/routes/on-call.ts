import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { type Override, onCall, shiftsIn } from '../../notify/rotation.ts'
import type { ShiftOverride } from '../../pipeline/people/records.ts'
import { instantText, toInstant } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { notifyOf } from './settings.ts'

const DAY = 86_400_000

/** Rotations with the present person and the next shifts. */
export const showOnCall: ApiHandler<'GET /api/on-call'> = async ({ query }, context) => {
  const { rotations, people } = await notifyOf(context)
  const at = query.at === undefined ? context.now() : toInstant(query.at)
  const until = at + query.days * DAY
  const overrides = await context.ledger.reads.overrides({ from: at - 400 * DAY, to: until })
  return {
    body: {
      rotations: Object.entries(rotations).map(([name, config]) => {
        const own = overrides.map(toOverride)
        const rotation = { name, config }
        const now = onCall(rotation, own, at)
        const shifts = shiftsIn(rotation, own, { from: at, until })
        return {
          rotation: name,
          timeZone: config.zone,
          person: now.person,
          until: instantText(now.until),
          next: shifts.find(({ from, person }) => from >= now.until && person !== now.person)?.person ?? null,
          shifts: shifts.map((shift) => ({
            person: shift.person,
            name: people[shift.person]?.name ?? shift.person,
            from: instantText(shift.from),
            to: instantText(shift.until),
            isOverride: shift.isOverride,
          })),
        }
      }),
    },
  }
}

/** Who is on call now, of all rotations: `ana (primary)`; null when no person is. */
export async function onCallNow(context: ApiContext): Promise<string | null> {
  const { rotations } = await notifyOf(context)
  const at = context.now()
  const own = (await context.ledger.reads.overrides({ from: at - 400 * DAY, to: at + DAY })).map(toOverride)
  const named = Object.entries(rotations).flatMap(([name, config]) => {
    const { person } = onCall({ name, config }, own, at)
    return person === null ? [] : [`${person} (${name})`]
  })
  return named.length === 0 ? null : named.join(', ')
}

/** Gives a part of a rotation to another person. */
export const overrideShift: ApiHandler<'POST /api/on-call/overrides'> = async (
  { body, principal, settle },
  context,
) => {
  const { rotations, people } = await notifyOf(context)
  if (!rotations[body.rotation])
    throw new DaybreakError('NOT_FOUND', `there is no rotation ${JSON.stringify(body.rotation)}`)
  if (!people[body.person]) throw new DaybreakError('NOT_FOUND', `there is no person ${JSON.stringify(body.person)}`)
  const [from, to] = [toInstant(body.from), toInstant(body.to)]
  if (to <= from) throw invalid('to: expected an instant after `from`')
  const id = context.ports.newId()
  const override: ShiftOverride = {
    ...{ id, rotation: body.rotation, person: body.person, from, to },
    ...{ actor: principal.name, at: context.now() },
  }
  const after = { rotation: body.rotation, person: body.person, from: body.from, to: body.to }
  const entry = { action: 'on-call.override', subject: `${body.rotation}/${id}`, after }
  return await settle(entry, { body: { id } }, [{ change: 'override', override }])
}

function toOverride({ rotation, person, from, to, at }: ShiftOverride): Override {
  return { rotation, person, from, until: to, madeAt: at }
}
