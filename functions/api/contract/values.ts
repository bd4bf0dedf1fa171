import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../../errors.ts'

/** Instant in UTC, RFC 3339. */
export const Instant = z.iso.datetime().meta({ id: 'Instant', description: 'Instant in UTC, RFC 3339.' })

/** Window of a pipeline; of most a business date, which is a civil day and is never converted. */
export const Window = z.string().min(1).max(64).describe('Window, of most pipelines a business date: `YYYY-MM-DD`.')

/** Day of the calendar. */
export const Day = z.iso.date()

/** Id of a shard. */
export const Shard = z.string().min(1).max(100).describe('Id of a shard, of most pipelines a location.')

/** Name of a pipeline, a stream or a column. */
export const Name = z.string().min(1).max(100)

/** Environment of models that an answer is about. */
export const ModelEnvironment = Name.optional().describe(
  'Data set of the views: `models`, or that of an environment of models such as `models_dev_anna`. `models` if absent.',
)

/** Id of a resource. */
export const Id = z.string().min(1).max(100)

/** Decimal number as text: money never becomes a float. */
export const Decimal = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .describe('Decimal number as text.')

/** Count of things. */
export const Count = z.int().min(0)

/** Code of an error. */
export const Code = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).meta({ id: 'Code' })

/** Cause of a state. */
export const Reason = z
  .object({
    code: Code,
    message: z.string(),
    remedy: z.string(),
    runbook: z.string().nullable().describe('Path or address of the page that says more.'),
  })
  .meta({ id: 'Reason', description: 'Cause of a state, and what a person does about it.' })

/** Names one slice. */
export const SliceKey = z
  .object({ pipeline: Name, window: Window, shard: Shard, stream: Name })
  .meta({ id: 'SliceKey' })

/** Reason that a person gives for an action. It goes into the audit. */
export const Why = z.string().trim().min(1).max(500).describe('Why, in a sentence; it goes into the audit.')

/** Parameter that may be repeated. */
export function many<Item extends z.ZodType>(item: Item, most = 1000) {
  return z
    .preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item).max(most))
    .describe('May be repeated.')
}

/** Parameter that is `true` or `false`. */
export const Flag = z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] })

/** Parameters of every list. */
export const PAGE = {
  pageSize: z.coerce
    .number()
    .int()
    .min(1)
    .transform((size) => Math.min(size, 500))
    .pipe(z.int().min(1))
    .default(50)
    .describe('Most rows, 1 to 500; a larger number means 500.'),
  pageToken: z.string().max(4096).optional().describe('`nextPageToken` of the page before, with the same filters.'),
}

/** Members of every list. */
export const NEXT = {
  nextPageToken: z.string().nullable().describe('Null on the last page.'),
}

/** Range of windows. */
export const RANGE = {
  from: Window.optional().describe('First window.'),
  to: Window.optional().describe('Last window.'),
}

/** Range of windows that are days. */
export const DAYS = {
  from: Day.optional().describe('First day.'),
  to: Day.optional().describe('Last day.'),
}

/** Plans only: nothing is changed. */
export const VALIDATE_ONLY = { validateOnly: Flag.optional().describe('`true` plans only: nothing is changed.') }

/** Problem document of RFC 9457. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string().describe('What the code means.'),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('Id of the request; the log has it.'),
    code: Code,
    remedy: z.string(),
    runbook: z.string().nullable(),
    signIn: z.string().optional().describe('Path at which a person signs in, where the server has sign-ins.'),
    errors: z
      .array(z.object({ pointer: z.string().describe('JSON pointer or parameter.'), message: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'Problem document, RFC 9457.' })
/** Problem document of RFC 9457. */
export type Problem = z.output<typeof Problem>

/** Row of a result of many actions: done, or refused with a reason. */
export const Done = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: Code, message: z.string() }),
])
