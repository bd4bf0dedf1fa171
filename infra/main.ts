import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadProject } from '../functions/config/project.ts'
import { DaybreakError, toDaybreakError } from '../functions/errors.ts'
import type { Deployment } from './deployment.ts'
import { deploymentOf } from './deployment-of.ts'
import { diffEnvironments, summarise } from './diff.ts'
import { checkPolicy } from './policy/check-policy.ts'
import { resourcesOf } from './policy/resource.ts'
import { type Synthesized, stackNames, synthesize } from './synth.ts'
import { applyAll, planAll } from './terraform.ts'
import { PLAN, writeStacks } from './write.ts'

const USAGE = `Usage: npm run infra:COMMAND -- --env ENV [--stack STACK]... [--out FOLDER]

  infra:synth   writes the stacks as Terraform reads them; refuses what breaks the policy
  infra:plan    synth, then \`terraform init\` and \`terraform plan\` of each stack, in order
  infra:apply   applies the plans of the last infra:plan, in order
  infra:diff    what differs between --env and --to, without names
`

/** Command line, variables and output of the command. */
interface MainInput {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly projectDir: string
  readonly print: (text: string) => void
}

/** Entry of \`npm run infra:*\`. Returns the exit code: 0, or 2 for a configuration that cannot be built. */
export async function main({ argv, env, projectDir, print }: MainInput): Promise<number> {
  try {
    const { command, options } = parse(argv)
    const load = async (environment: string) => deploymentOf(await loadProject({ projectDir, environment, env }))
    const deployment = await load(options.env)
    if (command === 'diff') return printDiff(deployment, await load(options.to), print)
    const folder = join(projectDir, options.out, deployment.environment)
    if (command === 'apply') return await apply({ deployment, folder, only: options.stack, env, print })
    expectKnown(deployment, options.stack)
    const stacks = selected(checked(deployment), options.stack)
    if (command === 'plan') {
      refusePlaceholders(deployment)
      expectVariables(stacks, env)
    }
    const folders = await writeStacks(stacks, folder)
    print(`${stacks.map(told).join('\n')}\n\n${deployment.environment}: ${stacks.length} stacks in ${folder}\n`)
    if (command === 'synth') return 0
    await planAll(folders, { program: 'terraform', env })
    return 0
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    print(`[${code}] ${message}\n`)
    return 2
  }
}

/** The stacks, or a refusal: what breaks the policy is never written down. @throws {DaybreakError} CONFIG_INVALID. */
export function checked(deployment: Deployment): readonly Synthesized[] {
  const { stacks, problems } = judged(deployment)
  if (problems.length === 0) return stacks
  const list = problems.map(({ where, message }) => `\n  ${where}: ${message}`).join('')
  throw new DaybreakError('CONFIG_INVALID', `${deployment.environment} breaks the policy of infra/policy:${list}`)
}

interface Judged {
  readonly stacks: readonly Synthesized[]
  readonly problems: ReturnType<typeof checkPolicy>
}

// Synthesis is a pure function of the configuration and takes a second; one process may ask for the same more than once.
const known = new Map<string, Judged>()

function judged(deployment: Deployment): Judged {
  const key = contentOf(deployment)
  const found = known.get(key)
  if (found) return found
  const stacks = synthesize(deployment)
  const result = { stacks, problems: checkPolicy(stacks, deployment) }
  known.set(key, result)
  return result
}

/** All that a deployment says, as text, but for the folder it was read from. */
function contentOf(deployment: Deployment): string {
  const text = JSON.stringify(deployment, (_, value) => (value instanceof Map ? [...value] : value))
  return text.replaceAll(deployment.project.projectDir, '')
}

function parse(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      env: { type: 'string' },
      to: { type: 'string', default: 'prod' },
      stack: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: '.infra' },
    },
  })
  const [command] = positionals
  const { env, to, stack, out } = values
  if (env === undefined || positionals.length !== 1 || !isCommand(command))
    throw new DaybreakError('USAGE_INVALID', USAGE)
  return { command, options: { env, to, stack, out } }
}

function isCommand(text: string | undefined): text is 'synth' | 'plan' | 'apply' | 'diff' {
  return text === 'synth' || text === 'plan' || text === 'apply' || text === 'diff'
}

/** Before anything is synthesised. @throws {DaybreakError} USAGE_INVALID. */
function expectKnown(deployment: Deployment, only: readonly string[]): void {
  const names = stackNames(deployment)
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length === 0) return
  const message = `there is no stack ${unknown.join(', ')}; ${deployment.environment} has ${names.join(', ')}`
  throw new DaybreakError('USAGE_INVALID', message)
}

/** Refuses variables that Terraform would ask for. @throws {DaybreakError} CONFIG_MISSING naming all of it at once. */
function expectVariables(stacks: readonly Synthesized[], env: NodeJS.ProcessEnv): void {
  const unset = stacks.flatMap(({ name, json }) =>
    Object.entries(json.variable ?? {})
      .filter(([variable]) => !env[`TF_VAR_${variable}`])
      .map(([variable, { description }]) => `\n  TF_VAR_${variable} (${name}): ${description}`),
  )
  if (unset.length === 0) return
  const message = `not set, and needed: docs/runbooks/first-deployment.md, step 0, says where from${unset.join('')}`
  throw new DaybreakError('CONFIG_MISSING', message)
}

function selected(stacks: readonly Synthesized[], only: readonly string[]): readonly Synthesized[] {
  return stacks.filter(({ name }) => only.length === 0 || only.includes(name))
}

function told(stack: Synthesized): string {
  return `${stack.name.padEnd(16)}${String(resourcesOf([stack]).length).padStart(4)} resources`
}

interface Applying {
  readonly deployment: Deployment
  readonly folder: string
  readonly only: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly print: (text: string) => void
}

async function apply({ deployment, folder, only, env, print }: Applying): Promise<number> {
  refusePlaceholders(deployment)
  expectKnown(deployment, only)
  const stacks = selected(checked(deployment), only)
  for (const { name, json } of stacks) {
    const written = await readFile(join(folder, name, 'main.tf.json'), 'utf8').catch(() => '')
    const isPlanned = await readFile(join(folder, name, PLAN)).then(
      () => true,
      () => false,
    )
    if (!isPlanned || written !== `${JSON.stringify(json, null, 2)}\n`) {
      throw new DaybreakError('CONFIG_INVALID', `${name} is not planned as it is now: run infra:plan, and read it`)
    }
  }
  await applyAll(
    stacks.map(({ name }) => join(folder, name)),
    { program: 'terraform', env },
  )
  print(`${deployment.environment}: ${stacks.length} stacks applied\n`)
  return 0
}

/** A project with the number 0 is the example, not anybody's. @throws {DaybreakError} CONFIG_INVALID. */
function refusePlaceholders({ environment, infra, google }: Deployment): void {
  const isExample =
    /^0+$/.test(infra.projectNumber) || google.project.startsWith('example-') || /^0+$/.test(infra.repository.id)
  if (!isExample) return
  const message = `config/environments/${environment}.yaml still holds examples: docs/runbooks/first-deployment.md, step 2`
  throw new DaybreakError('CONFIG_INVALID', message)
}

function printDiff(from: Deployment, to: Deployment, print: MainInput['print']): number {
  const lines = summarise(diffEnvironments(from, to)).map(({ sign, where, ...values }) => {
    const change =
      sign === '~'
        ? `: ${values.from} -> ${values.to}`
        : values.to || values.from
          ? `: ${values.to || values.from}`
          : ''
    return `${sign} ${where}${change}\n`
  })
  print(`${from.environment} -> ${to.environment}\n\n${lines.join('')}`)
  return 0
}

if (import.meta.main) {
  process.exitCode = await main({
    argv: process.argv.slice(2),
    env: process.env,
    projectDir: process.cwd(),
    print: (text) => void process.stdout.write(text),
  })
}
