import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import type { HttpApp } from './http.ts'
import { sendProblem } from './http.ts'
import { type StaticFile, loadStaticFiles, sendStaticFile } from './static-files.ts'

/** The portal’s files, as they were built; every address of the portal is its one page. */

const DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'portal', 'dist')
const PAGE = '/index.html'
const ONE_YEAR = 31_536_000

export async function servePortal(app: HttpApp, directory = DIRECTORY): Promise<void> {
  const files = await loadStaticFiles(directory, cacheControlOf)
  const page = files.get(PAGE)
  for (const [path, file] of files) serveFile(app, path, file)
  if (page !== undefined) serveFile(app, '/', page)
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      request.method === 'GET' && request.headers.accept?.includes('text/html') === true
    if (page !== undefined && isPage && !/^\/(api|device|crl)\//.test(request.url))
      return sendStaticFile(request, reply, page)
    return sendProblem(request, reply, new SanadError('request.not-found'))
  })
}

function serveFile(app: HttpApp, path: string, file: StaticFile): void {
  app.get(path, (request, reply) => sendStaticFile(request, reply, file))
}

/** Built names carry a digest of the content. */
const cacheControlOf = (path: string): string =>
  path.startsWith('/assets/') ? `public, max-age=${ONE_YEAR}, immutable` : 'no-cache'
