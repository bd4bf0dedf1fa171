import { describe, expect, it } from 'vitest'
import { type Cell, type Line, linesOf } from '../../../dashboard/src/screens/today/cells.ts'
import { columnsOf, draw, piecesOf } from '../../../dashboard/src/screens/today/marks.ts'

const piece = (letters: string, verdict: Cell['verdict']) => piecesOf({ letters, verdict }, false)

describe('marks of the matrix', () => {
  it('a complete window is one mark for all of its streams; only an incomplete one shows each', () => {
    expect(piece('ooooooo', 'complete')).toEqual([{ mark: 'ok', glyph: '', weight: 1 }])
    expect(piece('oo~oooo', 'complete')).toEqual([{ mark: 'rejects', glyph: '', weight: 1 }])
    expect(piece('oo!h.>~', 'incomplete').map(({ mark }) => mark)).toEqual([
      'loaded',
      'loaded',
      'missing',
      'held',
      'due',
      'due',
      'rejects',
    ])
    expect(piece('oooo', 'disputed')).toEqual([{ mark: 'disputed', glyph: 'D', weight: 1 }])
    expect([piece('    ', 'none'), piece('----', 'complete')].map(([one]) => one?.mark)).toEqual(['blank', 'closed'])
  })

  it('where there is no room for streams, the gravest stands for all', () => {
    const worst = (letters: string) => piecesOf({ letters, verdict: 'incomplete' }, true).map(({ glyph }) => glyph)
    expect([worst('oo.h!'), worst('oo.h>'), worst('oo>o')]).toEqual([['!'], ['#'], ['›']])
  })

  it('a state that needs a person has a glyph, so that colour alone never says it', () => {
    const glyphs = [...'!hq.>'].map((letter) => piece(letter, 'incomplete')[0]?.glyph)
    expect(glyphs).toEqual(['!', '#', '#', '·', '›'])
  })

  it('has as many drawings for 1,000 rows as for 10, with a box for each mark and a place for each glyph', () => {
    const drawingOf = (rows: number) => {
      const drawn = draw({
        lines: linesFor(rows).map((line, at) => ({ line, top: at * 30 })),
        columns: columnsOf({ width: 1000, windows: 2, isSmall: false }),
        isSmall: false,
        selected: new Set(['2026-10-02/3']),
      })
      return new Map(drawn.map((each) => [each.mark, each]))
    }
    const [few, many] = [drawingOf(10), drawingOf(1000)]
    expect([...many.keys()].toSorted()).toEqual([...few.keys()].toSorted())
    const boxes = (path = '') => path.split('M').length - 1
    expect(boxes(many.get('missing')?.path)).toBe(1000)
    expect(many.get('missing')).toMatchObject({ glyphs: '!'.repeat(1000) })
    expect([many.get('missing')?.x.length, many.get('missing')?.y.length]).toEqual([1000, 1000])
    // One whole day, and one of two streams of the other.
    expect(boxes(many.get('ok')?.path)).toBe(1000)
    expect(boxes(many.get('loaded')?.path)).toBe(1000)
    expect(boxes(many.get('selected')?.path)).toBe(1)
  })

  it('leaves room for a glyph among many streams, and stays inside of the cell', () => {
    const cell = { window: '2026-10-01', letters: 'oooooo!ooooo', verdict: 'incomplete' as const }
    const [line] = linesFor(1)
    if (!line) throw new TypeError('there is no line')
    const times = { dueAt: null, lateAt: null, goneAt: null }
    const drawn = draw({
      lines: [{ line: { ...line, cells: [{ ...cell, ...times }] }, top: 0 }],
      columns: { name: 0, closes: 0, cell: 80, note: 0 },
      isSmall: false,
      selected: new Set(),
    })
    const ends = drawn.flatMap(({ mark, path }) =>
      [...path.matchAll(/M([\d.]+) [\d.]+h([\d.]+)/g)].map(([, x, width]) => ({
        mark,
        x: Number(x),
        width: Number(width),
      })),
    )
    expect(ends).toHaveLength(12)
    expect(ends.find(({ mark }) => mark === 'missing')?.width).toBeGreaterThanOrEqual(10)
    for (const { x, width } of ends) expect(x + width).toBeLessThanOrEqual(80)
  })

  it('fills the room, and needs more than there is only when the windows are many', () => {
    const total = (width: number, windows: number, isSmall: boolean) => {
      const { name, closes, cell, note } = columnsOf({ width, windows, isSmall })
      return Math.round(name + closes + cell * windows + note)
    }
    expect([total(1000, 7, false), total(1600, 14, false), total(800, 31, true)]).toEqual([1000, 1600, 813])
  })
})

function linesFor(rows: number): readonly Line[] {
  const none = Array.from({ length: rows }, () => null)
  const times = { dueAt: none, lateAt: none, goneAt: none }
  const shards = Array.from({ length: rows }, (_, at) => ({
    ...{ id: String(at), name: `Location ${at}`, timeZone: 'UTC', closeout: '04:00' },
  }))
  const streams = ['order_details', 'cash_entries'].map((name) => ({ name, description: name, optional: false }))
  const day = (window: string, letters: string, verdict: string) => ({
    ...{ window, at: `${window}T00:00:00Z`, cells: letters.repeat(rows), verdicts: verdict.repeat(rows), ...times },
  })
  return linesOf({ shards, streams, windows: [day('2026-10-01', 'oo', 'c'), day('2026-10-02', 'o!', 'i')] })
}
