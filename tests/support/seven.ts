import { STREAM_FILES } from '../../mock/headers.ts'

/** The files of a night that every location is expected to deliver: without the optional ones, and what no contract reads. */
export function ofTheSeven<File extends { readonly name: string }>(night: readonly File[]): readonly File[] {
  const names: readonly string[] = Object.values(STREAM_FILES)
  return night.filter(({ name }) => names.includes(name))
}
