import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shell } from '../support/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the process', () => {
  it('exits with 0, the result on stdout and nothing on stderr', async () => {
    expect(await shell('$DAYBREAK version -o json')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('"daybreak"'),
    })
  })

  it('exits with 2 and leaves stdout empty when it was called wrongly', async () => {
    expect(await shell('$DAYBREAK expalin')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean "explain"?'),
    })
  })

  it('does not fail when the reader leaves', async () => {
    const { stdout, stderr, code } = await shell('set -o pipefail; $DAYBREAK explain | head -1')
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toMatch(/^CODE/)
  })

  it('does not fail when stdout is closed from the start', async () => {
    expect(await shell('$DAYBREAK explain >&-')).toMatchObject({ stderr: '' })
  })

  it('prints no warnings of Node', async () => {
    expect((await shell('$DAYBREAK explain FILE_CHANGED')).stderr).toBe('')
  })

  it('runs from any folder, and with the Node that the machine has', async () => {
    const { stdout, code } = await shell('cd / && $DAYBREAK version', { PATH: '/usr/bin:/bin:/usr/local/bin' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^daybreak \d/)
  })

  it('says what is wrong in a broken project, with exit code 2', async () => {
    await writeFile(join(folder, 'contract.yaml'), 'version: 1\nstream: Bad Name\n')
    const { code, stderr } = await shell(`$DAYBREAK contract lint ${folder}/contract.yaml`)
    expect(code).toBe(2)
    expect(stderr).toContain(`${folder}/contract.yaml:2:9 stream is "Bad Name"`)
  })

  it('is no project where there is none, with exit code 2', async () => {
    const { code, stderr } = await shell(`cd ${folder} && $DAYBREAK validate`)
    expect(code).toBe(2)
    expect(stderr).toContain('[CONFIG_MISSING]')
  })
})

describe('signals', () => {
  const script = `
    import { main } from '${process.cwd()}/cli/main.ts'
    import { setTimeout } from 'node:timers/promises'
  `

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s cancels cleanly and becomes exit code %i', async (signal, code) => {
    const child = startWaiting()
    await once(child.stdout, 'data')
    child.kill(signal)
    expect(await once(child, 'close')).toEqual([code, null])
  })

  it('a second Ctrl-C leaves at once', async () => {
    const child = startWaiting('ignores the first')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
  })

  /** A process whose command waits for its signal, and with an argument goes on waiting after it. */
  function startWaiting(stubborn = '') {
    const text = `${script}
      import { COMMANDS } from '${process.cwd()}/cli/main.ts'
      import { command } from '${process.cwd()}/cli/command.ts'
      import { start } from '${process.cwd()}/cli/start.ts'
      COMMANDS.version = async () => command({ name: 'version', description: 'Waits.', async run({ context: { signal, stdout } }) {
        const waiting = setTimeout(60_000, undefined, ${stubborn ? '{}' : '{ signal }'})
        signal.addEventListener('abort', () => stdout.write('heard'))
        stdout.write('ready')
        await waiting
      } })
      process.argv = [process.argv[0], 'daybreak', 'version']
      await start()
    `
    return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'ignore'] })
  }
})
