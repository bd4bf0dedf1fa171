import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ErrorCode } from '../../functions/errors.ts'
import { type Drill, perform } from '../support/drills/drill.ts'
import { FILES } from '../support/drills/files.ts'
import { copyHome, type Home, newHome } from '../support/drills/home.ts'

const DRILLS: Partial<Record<ErrorCode, Drill>> = { ...FILES }

let loaded: Home
beforeAll(async () => {
  loaded = await newHome()
  expect(await loaded.run('daybreak run toast')).toMatchObject({ code: 0 })
})
afterAll(() => loaded.close())

describe('the remedy of an error, done as it is printed, ends the trouble', () => {
  it.each(Object.entries(DRILLS))('%s', async (code, drill) => {
    const home = await copyHome(loaded)
    onTestFinished(() => home.close())
    await perform(code as ErrorCode, drill, home)
  })
})
