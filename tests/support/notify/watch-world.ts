import { onTestFinished } from 'vitest'
import { openSlackNotifier } from '../../../functions/adapters/slack/notifier.ts'
import { openSqliteLedger } from '../../../functions/adapters/sqlite/ledger.ts'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import type { ErrorCode } from '../../../functions/errors.ts'
import { createVirtualClock } from '../../../functions/lib/virtual-clock.ts'
import type { Notifier } from '../../../functions/notify/ports.ts'
import type { PipelineDefinition } from '../../../functions/pipeline/definition.ts'
import type { IncidentCause } from '../../../functions/pipeline/entities.ts'
import type { LogEntry } from '../../../functions/pipeline/ports.ts'
import { createMemory } from '../../../functions/watch/memory.ts'
import { watchPass } from '../../../functions/watch/pass.ts'
import type { WatchPorts } from '../../../functions/watch/ports.ts'
import { SLACK_TOKEN, type SlackServer, startSlack } from './slack-server.ts'

const MINUTE = 60_000

export const PEOPLE = {
  ana: { name: 'Ana', zone: 'America/New_York', slack: 'U0A1B2C3D', role: 'admin', page: ['ops', 'spare'] },
  ben: {
    ...{ name: 'Ben', zone: 'America/New_York', slack: 'U0B1B2C3D', page: ['ops'] },
    quiet: { from: '22:00', to: '07:00' },
  },
}

const CONFIG = {
  version: 1,
  people: PEOPLE,
  channels: {
    ops: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
    spare: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
  },
  policies: {
    night: { levels: [{ to: 'channel ops' }, { to: 'person ana', after: '15m' }], ack_lasts: '4h' },
    day: { levels: [{ to: 'person ben' }] },
  },
  incidents: [
    { severity: 'error', as: 'page', policy: 'night' },
    { severity: 'warning', as: 'ticket', policy: 'day' },
  ],
}

/** A ledger, a Slack and a clock of its own. */
export async function createWatchWorld({ now, config = {} }: { now: number; config?: Record<string, unknown> }) {
  const ledger = await openSqliteLedger({ path: ':memory:' })
  const slack: SlackServer = await startSlack()
  onTestFinished(async () => {
    await ledger.close()
    await slack.close()
  })
  const clock = createVirtualClock({ now })
  const log: LogEntry[] = []
  let id = 0
  const tokens = new Map<string, string>()
  const openChannel = async (name: string): Promise<Notifier> =>
    openSlackNotifier({
      ...{ name, token: tokens.get(name) ?? SLACK_TOKEN, channel: '#daybreak', clock, timeout: 2_000 },
      endpoint: `http://127.0.0.1:${slack.port}`,
    })
  const ports: WatchPorts = {
    ledger,
    clock,
    definitions: new Map<string, PipelineDefinition>(),
    config: NotifyConfig.parse({ ...CONFIG, ...config }),
    environment: 'prod',
    log: (entry) => log.push(entry),
    newId: () => `n${String(++id).padStart(6, '0')}`,
    random: () => 0,
    heartbeat: null,
    modelSources: new Map(),
    memory: createMemory(),
    openChannel,
  }
  return {
    ports,
    ledger,
    clock,
    slack,
    log,
    /** Tokens of channels that have another than that of the server. */
    tokens,
    /** Texts that are seen in Slack, edits included. */
    texts: () => slack.messages.map(({ text }) => text),
    open: (
      cause: IncidentCause,
      severity: 'error' | 'warning' = 'error',
      more: { subject?: string; code?: ErrorCode } = {},
    ) =>
      ledger.apply([
        {
          ...{ change: 'incident_opened', ...cause, severity, runId: null, at: clock.now() },
          reason: { code: more.code ?? 'SOURCE_UNREACHABLE', message: 'the server does not answer' },
          ...(more.subject !== undefined && { subject: more.subject }),
        },
      ]),
    resolve: (key: string) => ledger.apply([{ change: 'incident_resolved', key, at: clock.now() }]),
    /** A pass each minute, for so many of them. */
    async pass(minutes = 1, with_: WatchPorts = ports) {
      for (let minute = 0; minute < minutes; minute++) {
        await watchPass(with_)
        await clock.set(Math.floor(clock.now() / MINUTE) * MINUTE + MINUTE)
      }
    },
    incident: async (key: string) => (await ledger.incidents({ keyPrefix: key }))[0]!,
    rows: async () => (await ledger.reads.notificationPage({ limit: 500 })).rows,
  }
}
