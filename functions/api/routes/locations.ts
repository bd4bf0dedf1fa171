import { maySee } from '../../access/decide.ts'
import { DaybreakError } from '../../errors.ts'
import { knownLocations } from '../../pipeline/views/locations.ts'
import { findDefinition } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { LOCATION_ROUTES } from '../contract/locations.ts'

/** Handlers of locations. */
export const LOCATION_HANDLERS: HandlersOf<typeof LOCATION_ROUTES> = {
  'GET /api/locations': async ({ query, principal }, context) => {
    const among =
      query.pipeline === undefined ? [...context.definitions.values()] : [findDefinition(context, query.pipeline)]
    const known = among.flatMap((definition) =>
      knownLocations(definition).map((location) => ({ pipeline: definition.name, ...location })),
    )
    return { body: { locations: known.filter(({ id }) => maySee(principal, id)) } }
  },
  'GET /api/locations/{shard}': async ({ path, principal }, { project }) => {
    const location = project.locations.locations.find(({ id }) => id === path.shard)
    if (!location || !maySee(principal, location.id))
      throw new DaybreakError('NOT_FOUND', `config/locations.yaml has no location ${JSON.stringify(path.shard)}`)
    const { id, name, timeZone, closeoutHour, pipelines, activeFrom, activeTo, closed, contacts = [] } = location
    return {
      body: {
        ...{ id, name, timeZone, pipelines, closed },
        closeout: `${String(closeoutHour).padStart(2, '0')}:00`,
        activeFrom: activeFrom ?? null,
        activeTo: activeTo ?? null,
        contacts: contacts.map((person) => ({
          name: person.name,
          role: person.role ?? null,
          email: person.email ?? null,
          phone: person.phone ?? null,
        })),
      },
    }
  },
}
