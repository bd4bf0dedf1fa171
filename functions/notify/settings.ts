import { z } from 'zod'
import {
  ChannelConfig,
  type NotifyConfig,
  PersonConfig,
  PolicyConfig,
  RotationConfig,
  RuleConfig,
} from '../config/notify-config.ts'
import { channelSecrets } from '../config/secret-uses.ts'
import { yamlWords } from '../lib/yaml-object.ts'
import type { Setting } from '../pipeline/people/records.ts'

/** Digest of a person. */
const DigestConfig = z.strictObject({ time: PersonConfig.shape.digest })

/**
 * A channel that people make. The administrator of the API may not be the administrator of the machine, so such a channel leads to no
 * other server than that of its service, and names secrets, never files of this machine.
 */
const OwnChannel = ChannelConfig.superRefine((channel, { addIssue }) => {
  const refuse = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message })
  if ('endpoint' in channel && channel.endpoint !== undefined)
    refuse('endpoint', 'is for tests; only config/notify.yaml may name a stand-in')
  if (channel.kind === 'email' && channel.tls === 'off')
    refuse('tls', 'sends passwords in clear; only config/notify.yaml may turn it off')
  for (const [name, reference] of channelSecrets(channel))
    if (!reference.startsWith('secret://'))
      refuse(name, 'expected `secret://NAME`; only config/notify.yaml may name a file')
})

/** Form of each kind of setting; the id is the name of the setting. */
export const SETTING_SCHEMAS = {
  rules: RuleConfig.omit({ id: true }),
  channels: OwnChannel,
  policies: PolicyConfig,
  rotations: RotationConfig,
  people: PersonConfig,
  digests: DigestConfig,
} as const
/** Kind of a setting that people change. */
export type ChangeableKind = keyof typeof SETTING_SCHEMAS

/** A setting of a file. */
interface FileSetting {
  readonly id: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Pure: the settings of a kind that config/notify.yaml defines, in the words of YAML. */
export function settingsOfFile(config: NotifyConfig | null, kind: ChangeableKind): readonly FileSetting[] {
  if (config === null) return []
  if (kind === 'rules') return config.rules.map(({ id, ...body }) => ({ id, body: yamlWords(body) }))
  if (kind === 'digests')
    return Object.entries(config.people).flatMap(([id, { digest }]) =>
      digest === 'off' ? [] : [{ id, body: { time: digest } }],
    )
  return Object.entries(config[kind]).map(([id, body]) => ({ id, body: yamlWords(body) }))
}

/** Pure: the file together with what people changed. What the file defines stays as it is there. */
export function mergeSettings(config: NotifyConfig, settings: readonly Setting[]): NotifyConfig {
  const valid = <Kind extends ChangeableKind>(kind: Kind) => {
    const known = new Set(settingsOfFile(config, kind).map(({ id }) => id))
    return settings.flatMap((setting) => {
      const parsed = SETTING_SCHEMAS[kind].safeParse(setting.body)
      const isOwn = setting.kind === kind && setting.origin === 'ui' && !known.has(setting.id)
      return isOwn && parsed.success
        ? [[setting.id, parsed.data as z.output<(typeof SETTING_SCHEMAS)[Kind]>] as const]
        : []
    })
  }
  const people = { ...Object.fromEntries(valid('people')), ...config.people }
  const digests = new Map(valid('digests'))
  return {
    ...config,
    rules: [...config.rules, ...valid('rules').map(([id, rule]) => ({ ...rule, id }))],
    channels: { ...Object.fromEntries(valid('channels')), ...config.channels },
    policies: { ...Object.fromEntries(valid('policies')), ...config.policies },
    rotations: { ...Object.fromEntries(valid('rotations')), ...config.rotations },
    people: Object.fromEntries(
      Object.entries(people).map(([id, person]) => [id, { ...person, digest: digests.get(id)?.time ?? person.digest }]),
    ),
  }
}
