import { loadProject, type Project, type ProjectInput } from '../../functions/config/project.ts'

/** The files of a small project that is valid, by path; `changes` replaces some of them, null removes one. */
export function projectFiles(changes: Readonly<Record<string, string | null>> = {}): Readonly<Record<string, string>> {
  const files = { ...VALID, ...changes }
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, text]) => (text === null ? [] : [[path, text] as const])),
  )
}

/** Loads a project that lives in memory below `/project`. */
export function loadFiles(
  files: Readonly<Record<string, string>>,
  input: Partial<ProjectInput> = {},
): Promise<Project> {
  const byPath = new Map(Object.entries(files).map(([path, text]) => [`/project/${path}`, text]))
  return loadProject({
    projectDir: '/project',
    environment: 'local',
    env: {},
    files: {
      read: async (path) => {
        const text = byPath.get(path)
        return text === undefined ? null : new TextEncoder().encode(text)
      },
      list: async (folder) =>
        [
          ...new Set(
            [...byPath.keys()]
              .filter((path) => path.startsWith(`${folder}/`))
              .map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''),
          ),
        ].toSorted(),
    },
    ...input,
  })
}

const VALID = {
  'config/pipelines/toast.yaml': `version: 1
pipeline: toast
description: Toast exports.
source: toast
streams: [orders, payments]
checks:
  - name: paid_in_full
    effect: warn
    equal: [{ stream: orders, sum: amount, by: order_id }, { stream: payments, sum: amount, by: order_id }]
    within: 0.01
`,
  'config/contracts/toast/orders.yaml': `version: 1
stream: orders
description: Orders.
file: Orders.csv
key: [location_id, order_id]
table: { partition_by: business_date, cluster_by: [order_id] }
columns:
  - { name: order_id, from: Order Id, type: string, required: true, description: Id. }
  - { name: amount, from: Amount, type: numeric, unit: USD, description: Money. }
  - { name: tax, from: Tax, type: numeric, unit: USD, description: Money. }
checks:
  - { name: tax_below_amount, that: tax <= amount, effect: warn }
  - { unique: [order_id], effect: block }
`,
  'config/contracts/toast/payments.yaml': `version: 1
stream: payments
description: Payments.
file: Payments.csv
key: [location_id, payment_id]
table: { partition_by: business_date }
columns:
  - { name: payment_id, from: Payment Id, type: string, required: true, description: Id. }
  - { name: order_id, from: Order Id, type: string, description: Id. }
  - { name: amount, from: Amount, type: numeric, description: Money. }
`,
  'config/locations.yaml': `version: 1
locations:
  - { id: "1001", name: Harbour, time_zone: America/New_York }
  - { id: "1002", name: Hill, time_zone: America/Chicago, closed: [2026-11-26], streams_off: [payments] }
`,
  'config/environments/local.yaml': `version: 1
environment: local
sources:
  toast: { kind: folder, root: inbox }
objects: { kind: folder, root: "\${DAYBREAK_HOME}/objects" }
warehouse: { kind: duckdb, path: "\${DAYBREAK_HOME}/warehouse.duckdb" }
ledger: { kind: sqlite, path: "\${DAYBREAK_HOME}/ledger.sqlite" }
privacy: { hash_key: secret://hash_key }
`,
} as const
