import type { DayValue } from '../../functions/checks/outlier.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { seeded } from './seeded.ts'

/** A day of a simulated year, and what was planted on it. */
export interface SimulatedDay extends DayValue {
  readonly planted: 'nothing' | 'holiday' | 'half' | 'double' | 'third_missing'
}

const START = '2024-01-01'
const SHARES = [1.1, 0.75, 0.8, 0.85, 0.95, 1.35, 1.5]
const FACTORS = { nothing: 1, holiday: 0.35, half: 0.5, double: 2, third_missing: 0.67 } as const
const PLANTED = ['holiday', 'half', 'double', 'third_missing'] as const

/**
 * Sales of one location over 16 weeks and a year: a level, weekdays, a season, growth, weather that lasts for days, and noise.
 * Eighteen days of the year have something planted on them, each kind in turn.
 */
export function simulateYear(seed: number): readonly SimulatedDay[] {
  const random = seeded(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const level = 3_000 + 9_000 * random()
  const [growth, noise] = [-0.05 + 0.2 * random(), 0.05 + 0.06 * random()]
  const days = 112 + 365
  const planted = plantedDays(random, days)
  let weather = 0
  return Array.from({ length: days }, (_, day) => {
    weather = 0.5 * weather + 0.05 * normal()
    const season = 0.1 * Math.sin((2 * Math.PI * day) / 365) + (growth * day) / 365
    const kind = planted.get(day) ?? 'nothing'
    const usual = level * (SHARES[(day + 1) % 7] ?? 1) * Math.exp(season + weather + noise * normal())
    return { date: addDays(START, day), value: Math.round(usual * FACTORS[kind] * 100) / 100, planted: kind }
  })
}

function plantedDays(random: () => number, days: number): ReadonlyMap<number, SimulatedDay['planted']> {
  const found = new Map<number, SimulatedDay['planted']>()
  while (found.size < 18) {
    const day = 112 + Math.floor(random() * (days - 112))
    if (!found.has(day)) found.set(day, PLANTED[found.size % PLANTED.length] ?? 'half')
  }
  return found
}
