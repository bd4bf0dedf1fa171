import { AwsClient } from 'aws4fetch'
import { DaybreakError } from '../../errors.ts'
import { deniedOr, toStorageError } from './errors.ts'

/** Bucket and keys of a store that speaks S3. */
export interface S3Settings {
  readonly bucket: string
  readonly region: string
  /** Address of another store than that of Amazon, e.g. `https://minio.example.com`; null for Amazon. */
  readonly endpoint: string | null
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** An object as a listing or an answer shows it. */
export interface S3Object {
  readonly key: string
  readonly bytes: number
  readonly modifiedAt: number
  readonly etag: string
}

/** One page of a folder: its objects, and the folders in it with a slash at their end. */
interface S3Page {
  readonly objects: readonly S3Object[]
  readonly prefixes: readonly string[]
  readonly next: string | null
}

/** Requests to one bucket. */
export interface S3Client {
  readonly name: string
  list(prefix: string, token: string | null, signal?: AbortSignal): Promise<S3Page>
  /** Null where there is no such object. */
  head(key: string, signal?: AbortSignal): Promise<S3Object | null>
  /** The bytes of an object of that tag; null where it is gone or another. */
  get(key: string, etag: string | null, signal?: AbortSignal): Promise<Response | null>
  /** Puts an object; false where `onlyIfAbsent` and there is one. */
  put(key: string, bytes: Uint8Array, onlyIfAbsent: boolean): Promise<boolean>
  /** Puts an object in parts; readers see it when the last call is answered. */
  putParts(key: string, parts: AsyncIterable<Uint8Array>): Promise<void>
}

/** A client that signs each request. Failures of the store's own are tried again. */
export function openS3(settings: S3Settings): S3Client {
  const { bucket, region, endpoint, accessKeyId, secretAccessKey } = settings
  const base =
    endpoint === null ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/$/, '')}/${bucket}`
  const aws = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region, retries: 4 })
  const name = `s3://${bucket}`
  const call = async (what: string, url: string, init: RequestInit, expected: readonly number[]): Promise<Response> => {
    const answer = await aws.fetch(url, init).catch(toStorageError(`${what} of ${name}`))
    if (answer.ok || expected.includes(answer.status)) return answer
    throw deniedOr(answer.status, `${what} of ${name}`, await answer.text().catch(() => ''))
  }
  const urlOf = (key: string, query = '') => `${base}/${key.split('/').map(encodeURIComponent).join('/')}${query}`
  return {
    name,
    async list(prefix, token, signal) {
      const query = new URLSearchParams({ 'list-type': '2', delimiter: '/', prefix, 'encoding-type': 'url' })
      if (token !== null) query.set('continuation-token', token)
      const answer = await call(`list ${prefix}`, `${base}/?${query}`, { ...(signal && { signal }) }, [])
      return pageOf(await answer.text())
    },
    async head(key, signal) {
      const answer = await call(`look at ${key}`, urlOf(key), { method: 'HEAD', ...(signal && { signal }) }, [404])
      return answer.status === 404 ? null : described(key, answer.headers)
    },
    async get(key, etag, signal) {
      const headers = etag === null ? {} : { 'If-Match': etag }
      const answer = await call(`read ${key}`, urlOf(key), { headers, ...(signal && { signal }) }, [404, 412])
      return answer.ok ? answer : null
    },
    async put(key, bytes, onlyIfAbsent) {
      const headers = onlyIfAbsent ? { 'If-None-Match': '*' } : {}
      const body = Buffer.from(bytes)
      const answer = await call(`write ${key}`, urlOf(key), { method: 'PUT', body, headers }, [412])
      return answer.ok
    },
    async putParts(key, parts) {
      const begun = await call(`write ${key}`, urlOf(key, '?uploads='), { method: 'POST' }, [])
      const upload = encodeURIComponent(textOf(await begun.text(), 'UploadId'))
      try {
        const tags: string[] = []
        for await (const part of parts) {
          const place = urlOf(key, `?partNumber=${tags.length + 1}&uploadId=${upload}`)
          const answer = await call(`write ${key}`, place, { method: 'PUT', body: Buffer.from(part) }, [])
          tags.push(answer.headers.get('etag') ?? '')
        }
        const list = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
        const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
        const ended = await call(`write ${key}`, urlOf(key, `?uploadId=${upload}`), { method: 'POST', body }, [])
        // An answer of 200 may hold a failure: the store answers before it is done.
        const text = await ended.text()
        if (text.includes('<Error>'))
          throw new DaybreakError('STORAGE_FAILED', `write ${key} of ${name} failed: ${textOf(text, 'Message')}`)
      } catch (error) {
        await call(`give up ${key}`, urlOf(key, `?uploadId=${upload}`), { method: 'DELETE' }, [404]).catch(() => null)
        throw error
      }
    },
  }
}

function described(key: string, headers: Headers): S3Object {
  return {
    key,
    bytes: Number(headers.get('content-length') ?? 0),
    modifiedAt: Date.parse(headers.get('last-modified') ?? ''),
    etag: headers.get('etag') ?? '',
  }
}

function pageOf(xml: string): S3Page {
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, own = '']) => ({
    key: keyOf(textOf(own, 'Key')),
    bytes: Number(textOf(own, 'Size')),
    // A header has whole seconds alone.
    modifiedAt: Math.floor(Date.parse(textOf(own, 'LastModified')) / 1_000) * 1_000,
    etag: textOf(own, 'ETag'),
  }))
  const prefixes = [...xml.matchAll(/<CommonPrefixes>(.*?)<\/CommonPrefixes>/gs)].map(([, own = '']) =>
    keyOf(textOf(own, 'Prefix')),
  )
  const next = textOf(xml, 'NextContinuationToken')
  return { objects, prefixes, next: textOf(xml, 'IsTruncated') === 'true' && next !== '' ? next : null }
}

/** Names come in percent signs, because XML has no control characters. */
function keyOf(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function textOf(xml: string, tag: string): string {
  const text = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1] ?? ''
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
