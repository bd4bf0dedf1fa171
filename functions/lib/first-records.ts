const QUOTE = 0x22
const LINE_END = 0x0a

/** The first records of CSV in quotes as `"` that double inside, and how many they are. Reads no further than it has to. */
export async function firstRecords(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): Promise<{ readonly bytes: Uint8Array; readonly records: number }> {
  const taken: Uint8Array[] = []
  let records = 0
  let isQuoted = false
  for await (const chunk of chunks) {
    let end = 0
    for (const byte of chunk) {
      end++
      if (byte === QUOTE) isQuoted = !isQuoted
      else if (byte === LINE_END && !isQuoted && ++records === most) break
    }
    taken.push(chunk.subarray(0, end))
    if (records === most) break
  }
  return { bytes: Buffer.concat(taken), records }
}
