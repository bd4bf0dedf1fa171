import { describe, expect, it } from 'vitest'
import {
  addDays,
  datesBetween,
  fromFolderName,
  instantOf,
  localDate,
  toFolderName,
} from '../../../functions/lib/business-date.ts'
import { at } from '../../support/definition.ts'

describe('business dates', () => {
  it('count over leap days and year ends', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
    expect(addDays('2024-12-31', 1)).toBe('2025-01-01')
    expect(addDays('2025-03-01', -1)).toBe('2025-02-28')
  })

  it('are listed with both ends, and not at all when the end is first', () => {
    expect(datesBetween('2025-02-27', '2025-03-01')).toEqual(['2025-02-27', '2025-02-28', '2025-03-01'])
    expect(datesBetween('2025-03-01', '2025-03-01')).toEqual(['2025-03-01'])
    expect(datesBetween('2025-03-02', '2025-03-01')).toEqual([])
  })

  it('are named as Toast names folders, and nothing else is a day', () => {
    expect(toFolderName('2025-02-05')).toBe('20250205')
    expect(fromFolderName('20250205')).toBe('2025-02-05')
    for (const name of ['20250230', '2025020', '202502055', '2025-02-05', '..', '99999999', '20251301', ''])
      expect(fromFolderName(name), name).toBeNull()
  })

  it('are those of the location, not of UTC', () => {
    const night = at('2025-02-06T03:30:00Z')
    expect(localDate(night, 'America/New_York')).toBe('2025-02-05')
    expect(localDate(night, 'Europe/Berlin')).toBe('2025-02-06')
  })

  it('begin at a wall clock time that a DST night may skip or repeat', () => {
    expect(instantOf('2025-07-01', '04:30', 'America/New_York')).toBe(at('2025-07-01T08:30:00Z'))
    expect(instantOf('2025-03-09', '02:30', 'America/New_York')).toBe(at('2025-03-09T07:30:00Z'))
    expect(instantOf('2025-11-02', '01:30', 'America/New_York')).toBe(at('2025-11-02T05:30:00Z'))
  })
})
