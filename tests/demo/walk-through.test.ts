import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runScripts, stepsOf } from '../support/guide.ts'
import { ROOT } from '../support/world.ts'

const PAGE = 'docs/walk-through.md'
const steps = await stepsOf(PAGE)

// The commands of the page, with this checkout in the place of the packages that npm and npx would look for.
const COMMANDS = `
npm() { "$NODE" "$ROOT/cli/demo.ts"; }
npx() {
  shift
  if [ "$1" = start ]; then set -- "$@" --port 0 --api-only; fi
  "$NODE" "$ROOT/cli/daybreak.mjs" "$@"
}
`

let folder: string
let outputs: readonly string[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-walk-'))
  await cp('config', join(folder, 'config'), { recursive: true })
  const env = { ...process.env, NODE: process.execPath, ROOT, NO_COLOR: '1' }
  const scripts = steps.map(({ script }) => script.replaceAll(/^(.*?) +# exit code (\d)$/gm, '{ $1; } || [ $? = $2 ]'))
  const [, ...printed] = await runScripts([COMMANDS, ...scripts], { cwd: folder, env })
  outputs = printed
}, 600_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Cells of a table are apart by as many spaces as its widest row needs. */
const narrow = (text: string) => text.replaceAll(/ +/g, ' ')

describe('the walk-through', () => {
  it('has ten steps', () => {
    expect(steps).toHaveLength(10)
  })

  it.each(steps.map(({ script, shown }, at) => ({ at, script: script.trim(), shown })))(
    'step $at prints the lines that it shows: $script',
    ({ at, shown }) => {
      const printed = narrow(outputs[at] ?? '')
      const lines = narrow(shown?.text ?? '')
        .trim()
        .split('\n')
      expect(lines.filter((line) => !printed.includes(line))).toEqual([])
    },
  )
})
