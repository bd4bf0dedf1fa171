import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { ofTheSeven } from '../support/seven.ts'
import { ROOT } from '../support/world.ts'

let folder: string
let key: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-key-'))
  key = join(folder, 'home', 'secrets', 'hash_key')
  await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
  const location = { id: '90984', name: 'One', timeZone: 'America/Chicago', closeoutHour: 4 }
  for (const date of ['2025-02-05', '2025-02-06']) {
    const night = ofTheSeven(generateNight({ seed: 3, location, date, profile: 'small', scale: 0.2 }))
    const path = join(folder, date, '90984', date.replaceAll('-', ''), 'OrderDetails.csv')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, night.find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? '')
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (...argv: string[]) =>
  daybreak(argv, { cwd: folder, env: { DAYBREAK_HOME: join(folder, 'home') }, clock: systemClock })
const importDay = (date: string) => run('import', join(folder, date), '--time-zone', 'America/Chicago')

describe('the key of hashed columns', () => {
  it('is not replaced when it was lost: loading stops, and names the way back', async () => {
    expect(await importDay('2025-02-05')).toMatchObject({ code: 0 })
    const kept = await readFile(key)
    await rm(key)
    const lost = await importDay('2025-02-06')
    expect(lost.code).not.toBe(0)
    expect(lost.stderr).toContain('HASH_KEY_LOST')
    expect((await run('doctor')).stdout).toContain('HASH_KEY_LOST')
    await expect(readFile(key)).rejects.toMatchObject({ code: 'ENOENT' })

    await writeFile(key, kept)
    expect(await importDay('2025-02-06')).toMatchObject({ code: 0 })
  })

  it('is not replaced by another file of that name', async () => {
    await importDay('2025-02-05')
    await writeFile(key, 'f'.repeat(64))
    const changed = await importDay('2025-02-06')
    expect(changed.code).not.toBe(0)
    expect(changed.stderr).toContain('HASH_KEY_CHANGED')
    expect(changed.stderr).not.toContain('ffff')
  })

  it('has at least 32 bytes', async () => {
    await mkdir(dirname(key), { recursive: true })
    await writeFile(key, 'x')
    const short = await importDay('2025-02-05')
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('has 1 bytes; expected at least 32') })
  })

  it('rotates by an explicit command, which keeps the former key and is audited', async () => {
    await importDay('2025-02-05')
    const former = await readFile(key, 'utf8')
    expect(await run('privacy', 'rotate-key')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') })
    const rotated = JSON.parse((await run('privacy', 'rotate-key', '--yes', '-o', 'json')).stdout)
    expect(await readFile(`${key}.${rotated.before}`, 'utf8')).toBe(former)
    expect(await readFile(key, 'utf8')).not.toBe(former)
    expect(await importDay('2025-02-06')).toMatchObject({ code: 0 })
    expect((await run('doctor')).stdout).toContain(rotated.now)
  })

  it('is made again after it was lost for good, by the command that the error prints', async () => {
    await importDay('2025-02-05')
    await rm(key)
    expect(await run('privacy', 'rotate-key', '--yes')).toMatchObject({ code: 0 })
    expect(await importDay('2025-02-06')).toMatchObject({ code: 0 })
  })
})
