/** Content of an object: bytes, or a file on this disk. */
export type Content = Uint8Array | { readonly path: string }
