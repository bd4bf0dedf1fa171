import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Name, Shard, Window } from './values.ts'

/** Routes of locations. */
export const LOCATION_ROUTES = {
  'GET /api/locations': route({
    summary: 'Locations that pipelines know: those of config/locations.yaml, and those that an import brought in.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional().describe('Name of a pipeline. All if absent.') }),
    answer: z.object({
      locations: z.array(
        z.object({
          pipeline: Name,
          id: Shard,
          name: z.string(),
          timeZone: z.string().describe('IANA name.'),
          closeoutHour: Count.nullable().describe('Local hour at which a business date ends; null for other shards.'),
          knownFrom: z.enum(['config', 'import']),
        }),
      ),
    }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'All locations' }],
  }),
  'GET /api/locations/{shard}': route({
    summary: 'A location as config/locations.yaml describes it, with the people to ask.',
    role: 'viewer',
    scope: 'cut',
    answer: z.object({
      id: Shard,
      name: z.string(),
      timeZone: z.string().describe('IANA name.'),
      closeout: z.string().describe('Local time at which a business date ends: `04:00`.'),
      pipelines: z.array(Name),
      activeFrom: Window.nullable(),
      activeTo: Window.nullable(),
      closed: z.array(Window).describe('Business dates without an export.'),
      contacts: z
        .array(
          z.object({
            name: z.string(),
            role: z.string().nullable(),
            email: z.string().nullable(),
            phone: z.string().nullable(),
          }),
        )
        .describe('People to ask about its files, in the order in which to ask them.'),
    }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One location', path: { shard: EXAMPLE.shard } }],
  }),
} as const
