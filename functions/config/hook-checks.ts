import type { Issue } from '../contract/issue.ts'
import type { EnvironmentConfig } from './config.ts'
import { type Hook, type HookRights, type Moment, type PipelineHooks, policyOf } from './hooks-config.ts'
import type { Connections } from './merge-connections.ts'
import type { TablePipeline } from './table-pipeline.ts'

/** Kinds of connections that take a statement of a hook. */
const STATEMENT_KINDS: readonly string[] = ['postgres', 'mysql', 'sqlite']

interface Surroundings {
  readonly environment: Pick<EnvironmentConfig, 'hooks' | 'queue' | 'environment'>
  readonly connections: Connections['all']
}

/** Hooks that contradict their moment, their connection or their environment. */
export function hookIssues(pipeline: TablePipeline, { environment, connections }: Surroundings): readonly Issue[] {
  const kinds = { source: connections[pipeline.source]?.kind, destination: connections[pipeline.destination]?.kind }
  return hooksOf(pipeline).flatMap(({ hook, moment, path }) => {
    const messages = [
      ...policyMessages(hook, moment),
      ...('sql' in hook ? sqlMessages(hook, moment, kinds[hook.on] ?? '') : []),
      ...('http' in hook ? hostMessages(hook.http, environment.hooks) : []),
      ...('http' in hook && hook.wait ? hostMessages(hook.wait.http, environment.hooks) : []),
      ...('script' in hook && !mayRunScripts(environment)
        ? [`environment ${environment.environment} runs no scripts; expected \`hooks: { scripts: allow }\` there`]
        : []),
    ]
    return messages.map((message) => ({ path, message }))
  })
}

/** True where scripts of the project may run. */
export function mayRunScripts({ hooks, queue }: Pick<EnvironmentConfig, 'hooks' | 'queue'>): boolean {
  return (hooks.scripts ?? (queue.kind === 'local' ? 'allow' : 'refuse')) === 'allow'
}

interface Placed {
  readonly hook: Hook
  readonly moment: Moment
  readonly path: Issue['path']
}

/** Every hook of a pipeline with its place. */
function hooksOf({ hooks, tables }: TablePipeline): readonly Placed[] {
  return [
    ...placed(hooks, ['hooks']),
    ...Object.entries(tables).flatMap(([stream, own]) => placed(own.hooks, ['streams', stream, 'hooks'])),
  ]
}

function placed(hooks: Partial<PipelineHooks>, root: Issue['path']): readonly Placed[] {
  return Object.entries(hooks).flatMap(([step, sides]) =>
    Object.entries(sides).flatMap(([side, all]) =>
      all.map((hook, at) => ({ hook, moment: `${step}.${side}` as Moment, path: [...root, step, side, at] })),
    ),
  )
}

function policyMessages(hook: Hook, moment: Moment): readonly string[] {
  const policy = policyOf(hook, moment)
  const isTransaction = 'sql' in hook && hook.inTransaction
  const allowed = isTransaction ? ['quarantine'] : policiesOf(moment)
  return [
    ...(allowed.includes(policy)
      ? []
      : [`\`on_failure: ${policy}\` means nothing for ${moment}; expected ${allowed.join(' or ')}`]),
    ...(moment.startsWith('row') && !('script' in hook) ? ['rows go through a `script`; expected one'] : []),
  ]
}

function policiesOf(moment: Moment): readonly string[] {
  if (moment === 'row.before') return ['reject', 'quarantine', 'fail', 'warn']
  return moment.startsWith('batch') ? ['fail', 'warn', 'quarantine'] : ['fail', 'warn']
}

// https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
const COMMITS =
  /^\s*(create|alter|drop|truncate|rename|grant|revoke|lock|unlock|begin|start|commit|rollback|set\s+autocommit|analyze|optimize|repair|install|load)\b/i

function sqlMessages(
  { sql, on, inTransaction, idempotent, retries }: Extract<Hook, { readonly sql: string }>,
  moment: Moment,
  kind: string,
): readonly string[] {
  return [
    ...(STATEMENT_KINDS.includes(kind)
      ? []
      : [`the ${on} is of the kind ${kind}, which takes no statements; expected ${STATEMENT_KINDS.join(', ')}`]),
    ...(inTransaction && (!moment.startsWith('window') || on === 'source')
      ? ['`in_transaction` is for hooks of `window` at the destination']
      : []),
    ...(inTransaction && kind === 'mysql' && COMMITS.test(sql)
      ? ['MySQL commits at such a statement, so it is in no transaction; expected a change of rows']
      : []),
    ...(retries > 0 && !idempotent ? ['`retries` needs `idempotent: true`: the statement may have run'] : []),
  ]
}

function hostMessages(address: string, rights: HookRights): readonly string[] {
  const host = URL.canParse(address.replaceAll(/\{[^}]*\}/g, 'x')) ? new URL(address).hostname : ''
  if (host !== '' && isHostAllowed(host, rights)) return []
  return [`"${host}" is no host of \`hooks.hosts\` of the environment; expected it there`]
}

/** True for a host that the environment lists. */
export function isHostAllowed(host: string, { hosts }: Pick<HookRights, 'hosts'>): boolean {
  return hosts.some((each) => (each.startsWith('*.') ? isBelow(host, each.slice(1)) : each === host))
}

/** An address has no names before it. */
function isBelow(host: string, suffix: string): boolean {
  return !/^[\d.]+$|:/.test(host) && host.endsWith(suffix) && host.length > suffix.length
}
