/** What an object is made of: bytes, or a file on this disk. */
export type Content = Uint8Array | { readonly path: string }
