import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpApp, makeHttpApp } from './http.ts'
import { makeLogger } from './log.ts'

/** What the listener does by itself, over real TLS. */

let app: HttpApp
let directory: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sanad-http-'))
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const made = ['-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost', '-days', '1']
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', [...kind, ...made], { stdio: 'ignore' })
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) }
  app = makeHttpApp({ tls, log: makeLogger('silent') })
  // The patience of a connection, which is a minute else.
  app.server.setTimeout(300)
  app.get('/never', () => new Promise(() => {}))
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await app.close()
  rmSync(directory, { recursive: true })
})

const ask = (path: string): Promise<{ status: number | undefined; body: string }> =>
  new Promise((resolve, reject) => {
    const { port } = app.server.address() as AddressInfo
    const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      reply.on('end', () => resolve({ status: reply.statusCode, body }))
    })
    asked.on('error', reject).end()
  })

describe('a request that is not answered in time', () => {
  it('ends with a status and a code, never with a cut connection', async () => {
    const { status, body } = await ask('/never')
    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ code: 'server.too-slow' })
  })
})
