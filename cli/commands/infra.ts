import { DaybreakError } from '../../functions/errors.ts'
import { type Call, command, group } from '../command.ts'

const STACK = {
  type: 'string',
  many: true,
  valueHint: 'NAME',
  description: 'Only these stacks; several with commas.',
} as const

const OUT = {
  type: 'string',
  default: '.infra',
  valueHint: 'DIR',
  description: 'Folder below the project for the files of Terraform.',
} as const

const synth = command({
  name: 'infra synth',
  description:
    'Write the resources of an environment on Google Cloud as Terraform reads them. Refuses what breaks the policy.',
  args: { stack: STACK, out: OUT },
  examples: ['daybreak infra synth --env dev', 'daybreak infra synth --env dev --stack warehouse'],
  run: (call) => runInfra(call, ['synth', ...flagsOf(call)]),
})

const diff = command({
  name: 'infra diff',
  description: 'Print what differs between the resources of two environments, without their names.',
  args: { to: { type: 'string', default: 'prod', valueHint: 'ENV', description: 'The other environment.' } },
  examples: ['daybreak infra diff --env dev --to prod'],
  run: (call) => runInfra(call, ['diff', '--to', call.args.to]),
})

const plan = command({
  name: 'infra plan',
  description: 'Synth, then plan each stack with the program terraform. Changes nothing.',
  args: { stack: STACK, out: OUT },
  examples: ['daybreak infra plan --env dev'],
  run: (call) => runInfra(call, ['plan', ...flagsOf(call)]),
})

const apply = command({
  name: 'infra apply',
  description: 'Apply the plans of the last `infra plan`, in order, with the program terraform.',
  args: { stack: STACK, out: OUT },
  examples: ['daybreak infra apply --env dev'],
  run: (call) => runInfra(call, ['apply', ...flagsOf(call)]),
})

/** The resources on Google Cloud that the YAML asks for. */
export const infra = group({
  name: 'infra',
  description: 'Resources of an environment on Google Cloud: write, compare, plan and apply them.',
  commands: { synth: async () => synth, diff: async () => diff, plan: async () => plan, apply: async () => apply },
})

interface Selection {
  readonly stack: readonly string[]
  readonly out: string
}

function flagsOf({ args: { stack, out } }: Call<Selection>): readonly string[] {
  return [...stack.flatMap((name) => ['--stack', name]), '--out', out]
}

async function runInfra({ options, context }: Call<unknown>, words: readonly string[]): Promise<number> {
  const { main } = await import('../../infra/main.ts').catch((cause: unknown) => {
    throw new DaybreakError('USAGE_INVALID', 'this installation has no infrastructure: an image holds only what runs', {
      cause,
      details: { next: 'daybreak infra --help' },
    })
  })
  return await main({
    argv: [...words, '--env', options.environment],
    env: context.env,
    projectDir: options.projectDir,
    print: (text) => void context.stdout.write(text),
  })
}
