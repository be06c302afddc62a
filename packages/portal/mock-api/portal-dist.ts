import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join } from 'node:path'

const DIST = join(import.meta.dirname, '..', 'dist')

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** The built files; any other address is the one page of the portal. */
export async function sendFile(path: string, answer: ServerResponse): Promise<void> {
  const file = join(DIST, path)
  const isFile =
    file.startsWith(DIST) && (await stat(file).catch(() => undefined))?.isFile() === true
  const shown = isFile ? file : join(DIST, 'index.html')
  answer.setHeader('content-type', TYPES[extname(shown)] ?? 'application/octet-stream')
  createReadStream(shown).pipe(answer)
}
