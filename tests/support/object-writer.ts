import { openFolderObjects } from '../../functions/adapters/local/objects/objects.ts'

// A process of its own: `node object-writer.ts ROOT BYTES COUNT`. Puts objects of so many bytes, a line for each one that is
// put, and a line with the code of the failure that ends it.
const [root = '', bytes = '0', count = '0'] = process.argv.slice(2)
const objects = openFolderObjects({ root })
try {
  for (let n = 0; n < Number(count); n++) {
    await objects.put(`raw/${n}`, Buffer.alloc(Number(bytes), n))
    process.stdout.write(`put ${n}\n`)
  }
} catch (error) {
  process.stdout.write(`${error instanceof Error && 'code' in error ? error.code : error}\n`)
}
