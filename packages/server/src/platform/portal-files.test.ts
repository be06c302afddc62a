import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpApp, makeHttpApp } from './http.ts'
import { makeLogger } from './log.ts'
import { servePortal } from './portal-files.ts'

const SCRIPT = 'console.log("a script of the portal");'.repeat(10_000)
const PAGE = '<!doctype html><title>Sanad</title>'

let directory: string
let app: HttpApp
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sanad-portal-'))
  await mkdir(join(directory, 'assets'))
  await writeFile(join(directory, 'index.html'), PAGE)
  await writeFile(join(directory, 'assets', 'a-1.js'), SCRIPT)
  await writeFile(join(directory, 'assets', 'a-1.js.br'), brotliCompressSync(SCRIPT))
  await writeFile(join(directory, 'assets', 'a-1.js.gz'), gzipSync(SCRIPT))
  app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  await servePortal(app, directory)
  await app.ready()
  // From here on there is nothing to open.
  await rm(directory, { recursive: true })
})
afterAll(() => app.close())

const ask = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })

describe('files of the portal', () => {
  it('are served from memory: they are there after the folder is gone', async () => {
    const { statusCode, body, headers } = await ask('/assets/a-1.js')
    expect(statusCode).toBe(200)
    expect(body).toBe(SCRIPT)
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['cache-control']).toContain('immutable')
    expect((await ask('/')).body).toBe(PAGE)
    expect((await ask('/')).headers['cache-control']).toBe('no-cache')
  })

  it('go out in the best form that the reader accepts, and say that it depends on that', async () => {
    const best = await ask('/assets/a-1.js', { 'accept-encoding': 'gzip, deflate, br, zstd' })
    expect(best.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
    expect(brotliDecompressSync(best.rawPayload).toString()).toBe(SCRIPT)
    const other = await ask('/assets/a-1.js', { 'accept-encoding': 'GZIP;q=0.5, br;q=0' })
    expect(other.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(other.rawPayload).toString()).toBe(SCRIPT)
    const plain = await ask('/assets/a-1.js', { 'accept-encoding': 'identity' })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers['vary']).toBe('Accept-Encoding')
  })

  it('are not sent again to a reader that has them, each form by its own tag', async () => {
    const braced = { 'accept-encoding': 'br' }
    const { etag } = (await ask('/assets/a-1.js', braced)).headers
    const again = await ask('/assets/a-1.js', { ...braced, 'if-none-match': `W/${String(etag)}` })
    expect(again.statusCode).toBe(304)
    expect(again.body).toBe('')
    const plain = await ask('/assets/a-1.js', { 'if-none-match': String(etag) })
    expect(plain.statusCode).toBe(200)
  })

  it('give every address of the portal its one page, and a program a problem', async () => {
    expect((await ask('/devices/x', { accept: 'text/html' })).body).toBe(PAGE)
    expect((await ask('/devices/x')).json()).toMatchObject({ code: 'request.not-found' })
    expect((await ask('/api/nothing', { accept: 'text/html' })).statusCode).toBe(404)
    expect((await ask('/assets/../../package.json')).statusCode).toBe(404)
  })
})
