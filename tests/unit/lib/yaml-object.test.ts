import { expect, it } from 'vitest'
import { z } from 'zod'
import { yamlObject, yamlWords } from '../../../functions/lib/yaml-object.ts'

const Place = yamlObject({
  time_zone: z.string(),
  open_from: z.string().optional(),
  max_file_bytes: z.int().default(5),
  named_parts: z.record(z.string(), yamlObject({ is_closed: z.boolean() })).prefault({}),
})
const yaml = { time_zone: 'UTC', named_parts: { back_room: { is_closed: true } } }
const place = { timeZone: 'UTC', maxFileBytes: 5, namedParts: { back_room: { isClosed: true } } }

it('names keys as code does, at every depth, and leaves the names that a person chose', () => {
  expect(Place.parse(yaml)).toEqual(place)
})

it('tells of a wrong key and a wrong value in the words of YAML', () => {
  const { error } = Place.safeParse({ ...yaml, max_file_bytes: 'x', timeZone: 'UTC' })
  expect(error?.issues).toMatchObject([{ path: ['max_file_bytes'] }, { keys: ['timeZone'] }])
})

it('turns a parsed value into YAML that is parsed into the same', () => {
  expect(yamlWords(Place.parse(yaml))).toEqual({ ...yaml, max_file_bytes: 5 })
  expect(Place.parse(yamlWords(Place.parse(yaml)))).toEqual(place)
})
