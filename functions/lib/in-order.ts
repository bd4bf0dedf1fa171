/**
 * Starts tasks 0 to `count - 1`, at most `ahead` of them before the consumer has taken their result, and yields the results
 * in order. A slow consumer stops new tasks from starting, so memory holds `ahead` results at most.
 */
export async function* inOrder<Result>(
  { count, ahead }: { readonly count: number; readonly ahead: number },
  start: (index: number) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = []
  for (let next = 0; next < count || running.length > 0; ) {
    while (next < count && running.length < ahead) {
      const task = start(next++)
      // A failure is met when its turn comes, or not at all if the consumer stopped before; never as an unhandled one.
      task.catch(() => undefined)
      running.push(task)
    }
    const first = running.shift()
    if (first) yield await first
  }
}
