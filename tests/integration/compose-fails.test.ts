import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, expect, it, vi } from 'vitest'
import { createClosing } from '../../functions/compose/closing.ts'
import { compose } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { withProject } from '../support/project-on-disk.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('closes the engine that opened while the ledger failed to', async () => {
  const create = vi.spyOn(DuckDBInstance, 'create')
  const close = vi.spyOn(DuckDBInstance.prototype, 'closeSync')
  await withProject(async (projectDir) => {
    const home = join(projectDir, '.daybreak')
    await mkdir(home, { mode: 0o700 })
    await writeFile(join(home, 'ledger.sqlite'), 'no database'.repeat(100), { mode: 0o600 })
    const project = await loadProject({ projectDir, environment: 'local', env: {} })
    const options = { clock: createVirtualClock({ now: 0 }), log: () => undefined }
    await expect(compose(project, options)).rejects.toMatchObject({ code: expect.stringMatching(/^LEDGER_/) })
  })
  expect({ opened: create.mock.calls.length, closed: close.mock.calls.length }).toEqual({ opened: 1, closed: 1 })
})

it('closes what opens after another failed, the last first, and one that fails to close stops no other', async () => {
  const closed: string[] = []
  const resource = (name: string, failure?: Error) => ({
    async close() {
      closed.push(name)
      if (failure) throw failure
    },
  })
  const closing = createClosing()
  const late = Promise.withResolvers<ReturnType<typeof resource>>()
  const opening = Promise.all([
    closing.keep(Promise.resolve(resource('first'))),
    closing.keep(Promise.reject(new Error('is down'))),
    closing.keep(late.promise),
    closing.keep(Promise.resolve(resource('stuck', new Error('stuck')))),
  ])
  await expect(opening).rejects.toThrow('is down')
  const ended = closing.close()
  late.resolve(resource('late'))
  await expect(ended).rejects.toThrow('stuck')
  expect(closed).toEqual(['stuck', 'late', 'first'])
  await closing.close()
  expect(closed).toHaveLength(3)
})
