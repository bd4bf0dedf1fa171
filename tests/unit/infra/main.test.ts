import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../../../infra/main.ts'

const IMAGE = `us-central1-docker.pkg.dev/p/daybreak/daybreak@sha256:${'a'.repeat(64)}`

let project: string
let printed: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'daybreak-infra-'))
  await cp('config', join(project, 'config'), { recursive: true })
  printed = ''
  // It stands for the program: writes down what it was asked, and leaves a plan where it was told to.
  await mkdir(join(project, 'bin'))
  const program = join(project, 'bin', 'terraform')
  await writeFile(
    program,
    `#!/bin/sh
echo "$*" >> "${project}/calls"
case "$*" in *" plan "*) touch "\${1#-chdir=}/plan.tfplan" ;; esac
case "$*" in *"$FAILS"*) [ -z "$FAILS" ] || exit 1 ;; esac
`,
  )
  await chmod(program, 0o755)
})
afterEach(() => rm(project, { recursive: true }))

const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  main({
    argv,
    env: { PATH: `${join(project, 'bin')}:${process.env['PATH']}`, FAILS: '', TF_VAR_image: IMAGE, ...env },
    projectDir: project,
    print: (text) => {
      printed += text
    },
  })

const calls = async () =>
  (await readFile(join(project, 'calls'), 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(`-chdir=${join(project, '.infra/dev')}/`, ''))

/** The environment file of another project instead of the example. */
async function make(replace: readonly (readonly [string, string])[]): Promise<void> {
  const path = join(project, 'config/environments/dev.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(
    path,
    replace.reduce((all, [from, to]) => all.replaceAll(from, to), text),
  )
}
const OWN = [
  ['example-daybreak', 'acme-daybreak'],
  ['000000000000', '123456789012'],
  ["id: '0'", "id: '4711'"],
] as const

describe('infra:synth', () => {
  it('writes one folder per stack, with nothing of this machine in them', async () => {
    expect(await run(['synth', '--env', 'dev'])).toBe(0)
    const folders = await readdir(join(project, '.infra/dev'))
    expect(folders).toContain('messaging')
    for (const folder of folders) {
      const text = await readFile(join(project, '.infra/dev', folder, 'main.tf.json'), 'utf8')
      expect(text).not.toContain(project)
      expect(text).not.toContain(process.cwd())
    }
    expect(printed).toContain('dev: 13 stacks')
  })

  it('writes only the stacks that are named', async () => {
    expect(await run(['synth', '--env', 'dev', '--stack', 'storage', '--stack', 'budget'])).toBe(0)
    expect((await readdir(join(project, '.infra/dev'))).toSorted()).toEqual(['budget', 'storage'])
  })

  it.each([
    [['synth'], 'Usage'],
    [['destroy', '--env', 'dev'], 'Usage'],
    [
      ['synth', '--env', 'dev', '--stack', 'storrage'],
      'there is no stack storrage; dev has foundation, network, storage',
    ],
    [['synth', '--env', 'local'], '`google` is absent'],
    [['synth', '--env', 'nowhere'], 'nowhere'],
  ])('refuses %j', async (argv, why) => {
    expect(await run(argv)).toBe(2)
    expect(printed).toContain(why)
  })

  it.each([
    [[['daybreak-push@', 'daybreak-pusher@']], 'http.push_accounts lacks daybreak-push@'],
    [
      [['daybreak-worker-000000000000', 'daybreak-worker-1']],
      "the worker's address will be https://daybreak-worker-000000000000",
    ],
    [[['location: us-central1', 'location: europe-west1']], 'neither us-central1 nor a multi-region'],
    [[['-inbox', '-raw']], 'has another purpose already'],
    [[['-logs', '-raw']], 'two buckets have one name'],
    [
      [['/cloudsql/example-daybreak-dev', '/cloudsql/another-instance']],
      'expected /cloudsql/example-daybreak-dev:us-central1:INSTANCE',
    ],
    [[['daybreak-operator@', 'someone@']], 'http.caller_accounts lacks daybreak-operator@'],
    [
      [['services/daybreak-api', 'services/another']],
      'the assertions of the API will be made for /projects/000000000000/locations/us-central1/services/daybreak-api',
    ],
    [
      [['kind: iap\n', 'kind: oidc\n  issuer: https://login.example.com\n  keys: https://login.example.com/keys\n']],
      'auth.kind is oidc; expected iap',
    ],
  ] as const)('refuses a file that disagrees with itself: %j', async (change, why) => {
    await make(change)
    expect(await run(['synth', '--env', 'dev'])).toBe(2)
    expect(printed).toContain(why)
  })

  it('refuses a time budget that is longer than the deadline of a push, and writes nothing', async () => {
    await make([['http:\n', 'http:\n  time_budget: 700s\n']])
    expect(await run(['synth', '--env', 'dev'])).toBe(2)
    expect(printed).toContain('http.time_budget')
    expect(await readdir(project)).not.toContain('.infra')
  })
})

describe('infra:plan and infra:apply', () => {
  it.each(['plan', 'apply'])('%s refuses the example', async (command) => {
    expect(await run([command, '--env', 'dev'])).toBe(2)
    expect(printed).toContain('still holds examples')
    expect(await calls()).toEqual([])
  })

  it('plan each stack in order, and apply those plans in the same order', async () => {
    await make(OWN)
    expect(await run(['plan', '--env', 'dev']), printed).toBe(0)
    expect(await run(['apply', '--env', 'dev']), printed).toBe(0)
    const said = await calls()
    const order = [
      'foundation',
      'network',
      'storage',
      'warehouse',
      'secrets',
      'ledger',
      'registry',
      'metrics',
      'compute',
      'messaging',
      'schedule',
      'observability',
      'budget',
    ]
    expect(said.filter((call) => call.includes(' plan ')).map((call) => call.split(' ')[0])).toEqual(order)
    expect(said.filter((call) => call.includes(' apply ')).map((call) => call.split(' ')[0])).toEqual(order)
    expect(said[0]).toBe('foundation init -input=false -reconfigure')
    expect(said[1]).toBe('foundation plan -input=false -lock=false -out=plan.tfplan')
    expect(said.at(-1)).toBe('budget apply -input=false plan.tfplan')
  })

  it('name every variable that is not set before anything is asked of Terraform', async () => {
    await make([...OWN, ['  alerts:\n', "  alerts:\n    slack_channel: '#daybreak'\n"]])
    expect(await run(['plan', '--env', 'dev'], { TF_VAR_image: '' })).toBe(2)
    expect(printed).toMatch(
      /CONFIG_MISSING.*step 0.*\n {2}TF_VAR_image \(compute\): Image.*\n {2}TF_VAR_slack_token \(observability\)/,
    )
    expect(await calls()).toEqual([])
    expect(await run(['plan', '--env', 'dev', '--stack', 'network'], { TF_VAR_image: '' }), printed).toBe(0)
  })

  it('stop at the first that fails', async () => {
    await make(OWN)
    await run(['plan', '--env', 'dev'])
    expect(await run(['apply', '--env', 'dev'], { FAILS: 'storage apply' })).toBe(2)
    expect((await calls()).at(-1)).toBe('storage apply -input=false plan.tfplan')
    expect(printed).toContain('nothing after it was touched')
  })

  it('apply nothing that was not planned, or planned otherwise', async () => {
    await make(OWN)
    expect(await run(['apply', '--env', 'dev'])).toBe(2)
    expect(printed).toContain('foundation is not planned as it is now')
    await run(['plan', '--env', 'dev'])
    await make([['amount: 25', 'amount: 26']])
    expect(await run(['apply', '--env', 'dev'])).toBe(2)
    expect(printed).toContain('budget is not planned as it is now')
    expect((await calls()).filter((call) => call.includes(' apply '))).toEqual([])
  })

  it('say so when there is no terraform', async () => {
    await make(OWN)
    await rm(join(project, 'bin', 'terraform'))
    expect(await run(['plan', '--env', 'dev'], { PATH: join(project, 'bin') })).toBe(2)
    expect(printed).toContain('terraform cannot be started')
  })
})

describe('infra:diff', () => {
  it('shows what a reviewer has to agree with, and no names', async () => {
    expect(await run(['diff', '--env', 'dev', '--to', 'prod'])).toBe(0)
    expect(printed).toContain('~ schedule/google_cloud_scheduler_job.daybreak-toast-sweep.paused: true -> false')
    expect(printed).toContain('+ keys/google_kms_key_ring.ring')
    expect(printed).toContain('~ storage/google_storage_bucket.raw.force_destroy: true -> false')
    expect(printed).not.toMatch(/example-daybreak-(dev|prod)/)
  })

  it('shows nothing between an environment and itself', async () => {
    await run(['diff', '--env', 'prod', '--to', 'prod'])
    expect(printed).toBe('prod -> prod\n\n')
  })
})
