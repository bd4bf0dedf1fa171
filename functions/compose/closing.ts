/** A resource that holds a file, a connection or a thread until it is closed. */
interface Closable {
  close(): Promise<void>
}

/** The resources of one composition, closed together: the one that was opened last goes first. */
export interface Closing {
  /** Remembers what an opening gives. A failed opening leaves nothing to close. */
  keep<Opened extends Closable>(opening: Promise<Opened>): Promise<Opened>
  /** Waits for openings that are under way, and closes everything; then throws the first failure of a close. */
  close(): Promise<void>
}

/** Nothing stays open when one of several resources that open at the same time fails. */
export function createClosing(): Closing {
  const openings: Promise<Closable>[] = []
  return {
    keep(opening) {
      openings.push(opening)
      return opening
    },
    async close() {
      const settled = await Promise.allSettled(openings.splice(0))
      const failures: unknown[] = []
      for (const each of settled.toReversed())
        if (each.status === 'fulfilled') await each.value.close().catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw failures[0]
    },
  }
}
