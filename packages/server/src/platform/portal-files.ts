import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { SanadError } from '@sanad/protocol/problems'
import type { HttpApp } from './http.ts'
import { sendProblem } from './http.ts'

/** The portal’s files, as they were built; every address of the portal is its one page. */

const DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'portal', 'dist')
const ONE_YEAR = 31_536_000

export async function servePortal(app: HttpApp): Promise<void> {
  const isBuilt = existsSync(join(DIRECTORY, 'index.html'))
  if (isBuilt) await serveFiles(app)
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      request.method === 'GET' && request.headers.accept?.includes('text/html') === true
    if (isBuilt && isPage && !/^\/(api|device|crl)\//.test(request.url))
      return reply.sendFile('index.html')
    return sendProblem(request, reply, new SanadError('request.not-found'))
  })
}

async function serveFiles(app: HttpApp): Promise<void> {
  await app.register(fastifyStatic, {
    root: DIRECTORY,
    wildcard: false,
    index: ['index.html'],
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Built names carry a digest of the content.
      if (path.includes('/assets/'))
        reply.header('cache-control', `public, max-age=${ONE_YEAR}, immutable`)
      else reply.header('cache-control', 'no-cache')
    },
  })
}
