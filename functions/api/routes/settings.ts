import { RuleConfig } from '../../config/notify-config.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { yamlWords } from '../../lib/yaml-object.ts'
import { testMessage } from '../../notify/message.ts'
import { type ChangeableKind, SETTING_SCHEMAS, settingsOfFile } from '../../notify/settings.ts'
import type { Json } from '../../pipeline/entities.ts'
import type { Setting } from '../../pipeline/people/records.ts'
import { readNotifyConfig, withoutTagsOfRule } from '../../watch/read-config.ts'
import { tryOver } from '../../watch/try-rule.ts'
import { instantText } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { InvalidRequest } from '../validate.ts'

const FILE = 'config/notify.yaml'
const TRIED_DAYS = 30

/** Handlers of settings. */
export const SETTING_HANDLERS = {
  'GET /api/settings/{kind}': (async ({ path }, context) => ({
    body: { settings: [...(await allOf(kindOf(path.kind), context))] },
  })) satisfies ApiHandler<'GET /api/settings/{kind}'>,

  'GET /api/settings/{kind}/{id}': (async ({ path }, context) => ({
    body: await find(kindOf(path.kind), path.id, context),
  })) satisfies ApiHandler<'GET /api/settings/{kind}/{id}'>,

  'PUT /api/settings/{kind}/{id}': (async ({ path, body, ifMatch, principal, settle }, context) => {
    const kind = kindOf(path.kind)
    if (!/^[a-z][a-z0-9_-]{0,39}$/.test(path.id))
      throw invalid(`id: ${JSON.stringify(path.id)}; expected lower case, digits, \`-\`, \`_\``)
    await expectOfPeople(kind, path.id, context)
    const before = await context.ledger.reads.setting(kind, path.id)
    const version = expectVersion(ifMatch, before)
    const parsed = SETTING_SCHEMAS[kind].safeParse(body)
    if (!parsed.success)
      throw new InvalidRequest(
        parsed.error.issues.map(({ path: at, message }) => ({ pointer: `/${at.join('/')}`, message })),
      )
    const setting: Setting = {
      ...{ kind, id: path.id, version, origin: 'ui' as const },
      // As the file has it, so that a later release reads both alike.
      body: JSON.parse(JSON.stringify(yamlWords(parsed.data))),
      ...{ updatedAt: context.now(), updatedBy: principal.name },
    }
    return await settle(
      { action: 'setting.put', subject: `${kind}/${path.id}`, before: before?.body ?? null, after: setting.body },
      { body: settingAnswer(kind, { ...setting, version: version + 1 }) },
      [{ change: 'setting', setting }],
    )
  }) satisfies ApiHandler<'PUT /api/settings/{kind}/{id}'>,

  'DELETE /api/settings/{kind}/{id}': (async ({ path, ifMatch, settle }, context) => {
    const kind = kindOf(path.kind)
    await expectOfPeople(kind, path.id, context)
    const before = await context.ledger.reads.setting(kind, path.id)
    if (before === null) throw missing(kind, path.id)
    const version = expectVersion(ifMatch, before)
    const entry = { action: 'setting.delete', subject: `${kind}/${path.id}`, before: before.body }
    return await settle(entry, { body: null }, [{ change: 'setting_deleted', kind, id: path.id, version }])
  }) satisfies ApiHandler<'DELETE /api/settings/{kind}/{id}'>,

  'POST /api/settings/channels/{id}:test': (async ({ path, record }, context) => {
    const channel = (await notifyOf(context)).channels[path.id]
    if (!channel) throw missing('channels', path.id)
    await record({ action: 'channel.test', subject: path.id })
    const { environment } = context.project.environment
    const message = testMessage({ environment, channel: path.id, at: context.now() })
    return { body: await context.sendNow(path.id, channel, { message, recipient: { kind: 'channel' } }) }
  }) satisfies ApiHandler<'POST /api/settings/channels/{id}:test'>,

  'POST /api/settings/rules/{id}:try': (async ({ path, body, record }, context) => {
    const known = (await notifyOf(context)).rules.find(({ id }) => id === path.id)
    const parsed = body.body === undefined ? null : RuleConfig.safeParse({ ...body.body, id: path.id })
    if (parsed?.success === false)
      throw new InvalidRequest(
        parsed.error.issues.map(({ path: at, message }) => ({ pointer: `/body/${at.join('/')}`, message })),
      )
    const rule = parsed ? withoutTagsOfRule(parsed.data, context.project.locations) : known
    if (!rule) throw missing('rules', path.id)
    const asked = { definitions: [...context.definitions.values()], days: TRIED_DAYS }
    const firings = await tryOver(rule, asked, context.ports)
    await record({ action: 'rule.try', subject: path.id })
    const times = firings.length === 1 ? 'once' : `${firings.length} times`
    const sentence =
      firings.length === 0
        ? `It would not have fired in ${TRIED_DAYS} days.`
        : `It would have fired ${times} in ${TRIED_DAYS} days.`
    return {
      body: {
        sentence,
        fired: firings.map(({ from, pipeline, subjects }) => ({
          at: instantText(from),
          message: `${pipeline}: ${subjects.slice(0, 5).join(', ')}${subjects.length > 5 ? ` and ${subjects.length - 5} more` : ''}`,
        })),
      },
    }
  }) satisfies ApiHandler<'POST /api/settings/rules/{id}:try'>,
}

/** Rules, channels and people in effect: those of the file and those of people. */
export async function notifyOf({ project, ledger }: Pick<ApiContext, 'project' | 'ledger'>) {
  return await readNotifyConfig(project, ledger)
}

/** @throws {DaybreakError} NOT_FOUND. */
function kindOf(kind: string): ChangeableKind {
  if (Object.hasOwn(SETTING_SCHEMAS, kind)) return kind as ChangeableKind
  throw new DaybreakError('NOT_FOUND', `there is no kind of settings ${JSON.stringify(kind)}`)
}

function missing(kind: ChangeableKind, id: string): DaybreakError {
  return new DaybreakError('NOT_FOUND', `there is no ${JSON.stringify(id)} among the ${kind}`)
}

async function allOf(kind: ChangeableKind, context: ApiContext) {
  const ofFile = settingsOfFile(context.project.notify, kind)
  const text = ofFile.length > 0 ? await context.fileText(FILE).catch(() => '') : ''
  const known = new Set(ofFile.map(({ id }) => id))
  const ofPeople = (await context.ledger.reads.settings(kind)).filter(
    ({ id, origin }) => origin === 'ui' && !known.has(id),
  )
  return [
    ...ofFile.map(({ id, body }) => ({
      ...{ kind, id, version: 0, body: { ...body } },
      origin: `${FILE}:${lineOf(text, kind, id)}`,
      updatedAt: null,
      updatedBy: null,
    })),
    ...ofPeople.map((setting) => settingAnswer(kind, setting)),
  ]
}

function settingAnswer(kind: ChangeableKind, { id, version, body, updatedAt, updatedBy }: Setting) {
  return {
    ...{ kind, id, version, updatedBy },
    body: asObject(body),
    origin: null,
    updatedAt: instantText(updatedAt),
  }
}

async function find(kind: ChangeableKind, id: string, context: ApiContext) {
  const found = (await allOf(kind, context)).find((setting) => setting.id === id)
  if (found) return found
  throw missing(kind, id)
}

/** Line of the file that names a setting; 1 where it is written in another way. */
function lineOf(text: string, kind: ChangeableKind, id: string): number {
  const pattern = kind === 'rules' ? new RegExp(`\\bid: *["']?${id}\\b`) : new RegExp(`^\\s+["']?${id}["']?:`)
  const at = text.split('\n').findIndex((line) => pattern.test(line))
  return Math.max(0, at) + 1
}

function asObject(body: Json): Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : {}
}

/** A setting that a file of the project owns is changed in the file. @throws {DaybreakError} STATE_CONFLICT. */
async function expectOfPeople(kind: ChangeableKind, id: string, context: ApiContext): Promise<void> {
  const owned = (await allOf(kind, context)).find((setting) => setting.id === id && setting.origin !== null)
  if (owned) throw new DaybreakError('STATE_CONFLICT', `${kind}/${id} is defined in ${owned.origin}; change it there`)
}

/** @throws {DaybreakError} PRECONDITION_REQUIRED, PRECONDITION_FAILED. */
function expectVersion(ifMatch: string | null, before: Setting | null): number {
  const [, sent] = /^"(\d{1,15})"$/.exec(ifMatch ?? '') ?? []
  if (sent === undefined)
    throw new DaybreakError(
      'PRECONDITION_REQUIRED',
      'If-Match: expected the version of the setting in quotes, "0" for a new one',
    )
  const version = before?.version ?? 0
  if (Number(sent) === version) return version
  throw new DaybreakError('PRECONDITION_FAILED', `If-Match: the setting has version ${version}, and "${sent}" was sent`)
}
