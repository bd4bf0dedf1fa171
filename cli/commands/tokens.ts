import { ROLES } from '../../functions/access/roles.ts'
import type { ApiAnswer } from '../../functions/api/contract/client.ts'
import { isoText, withApi } from '../api.ts'
import { command, group } from '../command.ts'
import { readCount } from '../values.ts'

const LONGEST_DAYS = 90

const create = command({
  name: 'tokens create',
  remote: 'served',
  description: 'Make an API token for a program. Its text is printed once, and kept nowhere.',
  args: {
    name: { type: 'positional', description: 'What it is for, e.g. `report`.' },
    role: {
      type: 'enum',
      options: [...ROLES],
      default: 'viewer',
      description: 'What it may do; at most what you may.',
    },
    location: {
      type: 'string',
      alias: 'shard',
      many: true,
      valueHint: 'ID',
      description: 'Shards that it may see, with commas. Default: all that you may see.',
    },
    days: { type: 'string', default: '30', valueHint: 'N', description: 'Days until it ends, 1 to 90.' },
  },
  examples: [
    'daybreak tokens create report --role viewer --days 90',
    'daybreak tokens create store-7 --location 185001 -o json',
  ],
  async run(call) {
    const { args, output } = call
    const days = readCount('--days', args.days, { min: 1, max: LONGEST_DAYS })
    const shards = args.location.length > 0 ? { shards: [...args.location] } : {}
    await withApi(call, async (api) => {
      const body = { name: args.name, role: args.role, days, ...shards }
      const { token, ...made } = await api('POST /api/tokens', { body })
      await output.record({ ...toRow(made), token })
      await output.text('\nThe token is shown this once. Keep it in a file of mode 600 that DAYBREAK_TOKEN_FILE names.')
    })
  },
})

const list = command({
  name: 'tokens list',
  remote: 'served',
  description: 'List API tokens: yours, or those of all for an administrator. None shows its text.',
  async run(call) {
    await withApi(call, async (api) => {
      const { tokens } = await api('GET /api/tokens')
      await call.output.rows({
        columns: ['id', 'name', 'owner', 'role', 'locations', 'created', 'expires', 'revoked'],
        rows: tokens.map(toRow),
        empty: 'No tokens. `daybreak tokens create NAME` makes one.',
      })
    })
  },
})

const revoke = command({
  name: 'tokens revoke',
  remote: 'served',
  description: 'Revoke an API token, from now on.',
  args: { id: { type: 'positional', description: 'Id of a token: `daybreak tokens list`.' } },
  async run(call) {
    await withApi(call, async (api) => {
      await api('DELETE /api/tokens/{id}', { path: { id: call.args.id } })
      await call.output.record({ id: call.args.id, state: 'revoked' })
    })
  },
})

/** API tokens of programs. */
export const tokens = group({
  name: 'tokens',
  description: 'Make, list and revoke API tokens for programs.',
  commands: { create: async () => create, list: async () => list, revoke: async () => revoke },
})

type Token = ApiAnswer<'GET /api/tokens'>['tokens'][number]

function toRow({ id, name, owner, role, shards, createdAt, expiresAt, revokedAt }: Token) {
  return {
    ...{ id, name, owner, role },
    locations: shards === null ? 'all' : shards.join(' '),
    created: isoText(createdAt),
    expires: isoText(expiresAt),
    revoked: revokedAt === null ? '' : isoText(revokedAt),
  }
}
