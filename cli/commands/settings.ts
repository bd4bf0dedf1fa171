import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type { ApiAnswer, ApiClient } from '../../functions/api/contract/client.ts'
import { SETTING_KINDS } from '../../functions/api/contract/settings.ts'
import { readYaml } from '../../functions/config/yaml.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { eachPage, isoText, withApi } from '../api.ts'
import { type Cell, toJson } from '../cell.ts'
import { command, group } from '../command.ts'
import type { Context } from '../context.ts'

type Setting = ApiAnswer<'GET /api/settings/{kind}/{id}'>

const NAME = { setting: { type: 'positional', description: 'KIND/ID, e.g. `rules/late`.' } } as const

const list = command({
  name: 'settings list',
  remote: 'served',
  description: 'List rules, channels, policies, rotations, people and digests, and what defines each.',
  args: { kind: { type: 'positional', required: false, description: `${SETTING_KINDS.join(', ')}; all if absent.` } },
  examples: ['daybreak settings list', 'daybreak settings list rules -o json'],
  async run({ args, output, ...call }) {
    const kinds = args.kind === undefined ? SETTING_KINDS : [kindOf(args.kind)]
    await withApi(call, async (api) => {
      const settings: Setting[] = []
      for (const kind of kinds) settings.push(...(await api('GET /api/settings/{kind}', { path: { kind } })).settings)
      await output.rows({
        columns: ['setting', 'version', 'defined', 'updated', 'by', 'body'],
        rows: settings.map((setting) => ({ ...toRow(setting), body: bodyOf(setting, output.format) })),
        empty: 'No settings. Add some to config/notify.yaml, or `daybreak settings set KIND/ID --file FILE`.',
      })
    })
  },
})

const get = command({
  name: 'settings get',
  remote: 'served',
  description: 'Show a setting: its body, its version and what defines it.',
  args: NAME,
  examples: ['daybreak settings get rules/late'],
  async run({ args, output, ...call }) {
    const path = readName(args.setting)
    await withApi(call, async (api) => {
      const setting = await api('GET /api/settings/{kind}/{id}', { path })
      await output.record({ ...toRow(setting), body: bodyOf(setting, output.format) })
    })
  },
})

const set = command({
  name: 'settings set',
  remote: 'served',
  description: 'Make or change a setting. One that config/notify.yaml defines is changed there.',
  args: {
    ...NAME,
    file: {
      type: 'string',
      required: true,
      valueHint: 'FILE',
      description: 'YAML or JSON as it would stand in config/notify.yaml; `-` reads it from the input.',
    },
  },
  examples: ['daybreak settings set rules/late --file late.yaml'],
  async run({ args, output, ...call }) {
    const path = readName(args.setting)
    const body = await readBody(args.file, call.context)
    await withApi(call, async (api) => {
      const ifMatch = (await find(path, api))?.version ?? 0
      const setting = await api('PUT /api/settings/{kind}/{id}', { path, body, ifMatch })
      await output.record({ ...toRow(setting), body: bodyOf(setting, output.format) })
    })
  },
})

const unset = command({
  name: 'settings unset',
  remote: 'served',
  description: 'Remove a setting.',
  args: NAME,
  async run({ args, output, ...call }) {
    const path = readName(args.setting)
    await withApi(call, async (api) => {
      const { version } = await api('GET /api/settings/{kind}/{id}', { path })
      await api('DELETE /api/settings/{kind}/{id}', { path, ifMatch: version })
      await output.record({ setting: args.setting, state: 'removed' })
    })
  },
})

const history = command({
  name: 'settings history',
  remote: 'served',
  description: 'Show who changed a setting, when, and from what to what.',
  args: NAME,
  async run({ args, output, ...call }) {
    readName(args.setting)
    await withApi(call, async (api) => {
      const query = { subject: args.setting, action: 'setting' }
      const pages = await Array.fromAsync(eachPage((page) => api('GET /api/audit', { query: { ...query, ...page } })))
      const isText = output.format === 'table' || output.format === 'csv'
      const toCell = (state: unknown): Cell => (isText ? toJson(state ?? null) : JSON.parse(toJson(state ?? null)))
      await output.rows({
        columns: ['at', 'actor', 'action', 'before', 'after'],
        rows: pages
          .flatMap(({ entries }) => entries)
          .map(({ at, actor, action, before, after }) => ({
            ...{ at: isoText(at), actor, action },
            before: toCell(before),
            after: toCell(after),
          })),
        empty: 'It was never changed here.',
      })
    })
  },
})

/** Settings of notifications and people. */
export const settings = group({
  name: 'settings',
  description: 'See and change rules, channels, policies, rotations, people and digests.',
  commands: {
    list: async () => list,
    get: async () => get,
    set: async () => set,
    unset: async () => unset,
    history: async () => history,
  },
})

function kindOf(text: string): (typeof SETTING_KINDS)[number] {
  const kind = SETTING_KINDS.find((each) => each === text)
  if (kind) return kind
  const message = `there is no kind of settings "${text}"; expected one of ${SETTING_KINDS.join(', ')}.`
  throw new DaybreakError('USAGE_INVALID', `${message}${didYouMean(text, SETTING_KINDS)}`)
}

/** Pure: kind and id of `rules/late`. @throws {DaybreakError} USAGE_INVALID. */
function readName(text: string): { readonly kind: string; readonly id: string } {
  const [kind = '', id = '', ...rest] = text.split('/')
  if (id !== '' && rest.length === 0) return { kind: kindOf(kind), id }
  throw new DaybreakError('USAGE_INVALID', `the setting is "${text}"; expected KIND/ID, e.g. rules/late`)
}

async function find(path: { readonly kind: string; readonly id: string }, api: ApiClient): Promise<Setting | null> {
  const { settings: all } = await api('GET /api/settings/{kind}', { path: { kind: path.kind } })
  return all.find(({ id }) => id === path.id) ?? null
}

/** @throws {DaybreakError} USAGE_INVALID. */
async function readBody(file: string, { cwd, stdin }: Context): Promise<Record<string, unknown>> {
  const text = file === '-' ? await textOf(stdin) : await readFileText(resolve(cwd, file))
  const { value, problems } = readYaml({ file, text, env: {} })
  const [problem] = problems
  if (problem)
    throw new DaybreakError('USAGE_INVALID', `--file ${file}:${problem.line}:${problem.column}: ${problem.message}`)
  if (isObject(value)) return value
  throw new DaybreakError('USAGE_INVALID', `--file ${file} holds no mapping; expected the members of one setting`)
}

async function readFileText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DaybreakError('USAGE_INVALID', `--file ${path} cannot be read`, { cause })
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bodyOf({ body }: Setting, format: string): Cell {
  const text = toJson(body)
  return format === 'table' || format === 'csv' ? text : JSON.parse(text)
}

function toRow({ kind, id, version, origin, updatedAt, updatedBy }: Setting) {
  return {
    setting: `${kind}/${id}`,
    version,
    defined: origin ?? 'in the settings',
    updated: updatedAt === null ? '' : isoText(updatedAt),
    by: updatedBy ?? '',
  }
}
