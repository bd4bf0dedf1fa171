/** A text of the server with what is typed as code. Asks for no names, so a refusal can use it. */
export function Typed({ text }: { readonly text: string }) {
  return text.split('`').map((piece, at) =>
    at % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text never move.
      <code key={at} className="rounded bg-sunk px-1 font-mono text-[0.92em]">
        {piece}
      </code>
    ) : (
      piece
    ),
  )
}
