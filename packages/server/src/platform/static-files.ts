import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCodings } from './accepted-codings.ts'
import { sendBytes } from './send-bytes.ts'

/**
 * Files that are read once, at the start, and served from memory: a request opens no file and compresses nothing.
 *
 * Each has the forms that the build left beside it (`name.br`, `name.gz`).
 */

export interface StaticFile {
  readonly mediaType: string
  readonly cacheControl: string
  /** Best first; the last one is the file as it is. */
  readonly forms: readonly FileForm[]
}

interface FileForm {
  /** As in Accept-Encoding and Content-Encoding. */
  readonly encoding: string
  readonly etag: string
  readonly bytes: Buffer
}

/** The suffix of each form that a build makes. */
const SUFFIXES = { br: '.br', gzip: '.gz' } as const
const ENCODINGS = Object.keys(SUFFIXES) as readonly (keyof typeof SUFFIXES)[]

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** @returns by path below `directory`, with a leading slash; empty when there is no such directory */
export async function loadStaticFiles(
  directory: string,
  cacheControlOf: (path: string) => string,
): Promise<ReadonlyMap<string, StaticFile>> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = names
    .filter((entry) => entry.isFile() && extname(entry.name) in MEDIA_TYPES)
    .map((entry) => join(entry.parentPath, entry.name))
  const files = await Promise.all(
    paths.map(async (path) => {
      const url = path.slice(directory.length)
      return [url, await loadFile(path, cacheControlOf(url))] as const
    }),
  )
  return new Map(files)
}

async function loadFile(path: string, cacheControl: string): Promise<StaticFile> {
  const bytes = await readFile(path)
  const compressed = await Promise.all(
    ENCODINGS.map(async (encoding) => {
      const form = await readFile(`${path}${SUFFIXES[encoding]}`).catch(() => undefined)
      return [encoding, form] as const
    }),
  )
  const mediaType = MEDIA_TYPES[extname(path)] ?? 'application/octet-stream'
  return { mediaType, cacheControl, forms: tagForms(bytes, compressed) }
}

/** A text that the server makes at its start, compressed once. */
export function makeStaticFile(
  text: string,
  about: Pick<StaticFile, 'mediaType' | 'cacheControl'>,
): StaticFile {
  const bytes = Buffer.from(text)
  const compressed = [
    ['br', brotliCompressSync(bytes)],
    ['gzip', gzipSync(bytes)],
  ] as const
  return { ...about, forms: tagForms(bytes, compressed) }
}

function tagForms(
  bytes: Buffer,
  compressed: readonly (readonly [encoding: string, bytes: Buffer | undefined])[],
): FileForm[] {
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  // RFC 9110 §8.8.3.3: each form is a representation of its own, with a tag of its own.
  const forms = compressed.flatMap(([encoding, form]) =>
    form === undefined ? [] : { encoding, etag: `"${digest}-${encoding}"`, bytes: form },
  )
  return [...forms, { encoding: 'identity', etag: `"${digest}"`, bytes }]
}

export function sendStaticFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { forms, mediaType, cacheControl }: StaticFile,
): FastifyReply {
  const form = chooseForm(forms, request.headers['accept-encoding'])
  reply.headers({ etag: form.etag, 'cache-control': cacheControl })
  if (forms.length > 1) reply.header('vary', 'Accept-Encoding')
  if (holds(request.headers['if-none-match'], form.etag)) return reply.status(304).send()
  if (form.encoding !== 'identity') reply.header('content-encoding', form.encoding)
  return sendBytes(reply.type(mediaType), form.bytes)
}

function chooseForm(forms: readonly FileForm[], header: string | undefined): FileForm {
  const accepted = readCodings(header)
  const form = forms.find(({ encoding }) => accepted.has(encoding)) ?? forms.at(-1)
  if (form === undefined) throw new Error('a file without a form')
  return form
}

/** RFC 9110 §13.1.2: compared weakly, for a proxy that compresses weakens a tag. */
const holds = (header: string | undefined, etag: string): boolean =>
  header?.slice(0, 1000).includes(etag) === true
