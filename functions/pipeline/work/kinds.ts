import { KINDS, type Sender, type WorkKind } from './kind-table.ts'

export { KINDS, type Sender }

/** Name of a kind of work. */
export type WorkKindName = keyof typeof KINDS

const BY_NAME: ReadonlyMap<string, WorkKind> = new Map(Object.entries(KINDS))

/** Names of all kinds. */
export const KIND_NAMES = Object.keys(KINDS).filter(isKind)

/** One value per kind. */
export function byKind<Value>(
  make: (name: WorkKindName, kind: WorkKind) => Value,
): Readonly<Record<WorkKindName, Value>> {
  return Object.fromEntries(KIND_NAMES.map((name) => [name, make(name, KINDS[name])])) as Record<WorkKindName, Value>
}

/** Names of the kinds that a run waits for. */
export const WAITED_KINDS = KIND_NAMES.filter((name) => kindOf(name)?.waits)

/** The entry of a kind; null for another name. */
export function kindOf(name: string): WorkKind | null {
  return BY_NAME.get(name) ?? null
}

function isKind(name: string): name is WorkKindName {
  return Object.hasOwn(KINDS, name)
}

/** True for work that waits in the ledger until it is sent, so that one message stands for several. */
export function waitsInLedger({ kind }: Readonly<Record<'kind', string>>): boolean {
  return kindOf(kind)?.gathers ?? false
}

/** Subject of a message of some work. */
type Asked = Readonly<Record<'kind', string> & Partial<Record<WorkKind['subject'][number], string>>>

/** The piece of work that a message is about: its kind and the members that its entry names. */
export function subjectOfWork(work: Asked): string {
  return [work.kind, ...(kindOf(work.kind)?.subject ?? []).map((name) => work[name])].join('/')
}
