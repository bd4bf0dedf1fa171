import { Contract } from '../../functions/contract/contract.ts'

const column = (name: string, type: string, more: object = {}) => ({
  name,
  from: name.toUpperCase(),
  type,
  description: 'A column.',
  ...more,
})

/** A contract with every type, privacy class, kind of derived column and kind of row check. */
export const everything = Contract.parse({
  version: 1,
  stream: 'things',
  description: 'One row per thing.',
  file: 'Things.csv',
  key: ['id'],
  table: { partition_by: 'business_date' },
  columns: [
    column('id', 'string', { required: true }),
    column('n', 'int64'),
    column('amount', 'numeric', { scale: 2, required: true }),
    column('tax', 'numeric', { scale: 8 }),
    column('ratio', 'float64'),
    column('flag', 'bool'),
    column('at', 'datetime', { format: 'M/d/yy h:mm a' }),
    column('day', 'date', { format: ['M/d/yy', 'yyyy-MM-dd'] }),
    column('clock', 'time', { format: 'h:mm a' }),
    column('took', 'string'),
    column('note', 'string', { allow: 'lines' }),
    column('who', 'string', { privacy: 'hash', allow: 'lines' }),
    column('card', 'string', { privacy: 'mask', allow: 'lines' }),
    column('secret', 'string', { privacy: 'drop' }),
    column('extra', 'string', { optional: true }),
  ],
  derived: [
    { name: 'at_utc', type: 'timestamp', from: 'at', parse: 'utc', description: 'at in UTC.' },
    { name: 'took_seconds', type: 'int64', from: 'took', parse: 'signed_clock_duration', description: 'Seconds.' },
    { name: 'doubled', type: 'numeric', scale: 2, expression: 'amount + amount', description: 'Twice the amount.' },
    { name: 'quadrupled', type: 'numeric', scale: 2, expression: 'doubled + doubled', description: 'Twice that.' },
  ],
  checks: [
    { name: 'not_too_negative', that: 'amount >= -1000', effect: 'quarantine' },
    { name: 'n_is_small', that: 'n < 1000', effect: 'warn' },
    { name: 'id_is_unique', unique: ['id'], effect: 'warn' },
  ],
})

/** The header of a file of that contract, the optional column left out. */
export const EVERYTHING_HEADER = everything.columns
  .filter(({ optional }) => !optional)
  .map(({ name }) => name.toUpperCase())
