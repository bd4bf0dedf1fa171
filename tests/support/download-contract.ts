import { Contract } from '../../functions/contract/contract.ts'

/** A contract of two columns whose rows belong to the day of their first. */
export const contract: Contract = Contract.parse({
  version: 1,
  stream: 'visits',
  description: 'Visits.',
  file: 'Visits.csv',
  key: ['at'],
  dated_by: ['at'],
  table: { partition_by: 'business_date' },
  columns: [
    { name: 'at', from: 'At', type: 'datetime', format: ['M/d/yy h:mm a', 'M/d/yyyy H:mm'], description: 'When.' },
    { name: 'note', from: 'Note', type: 'string', description: 'Text.' },
  ],
})
