import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runReloadHook } from './reload-hook.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-hook-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function writeScript(text: string): Promise<string> {
  const path = join(folder, 'restart')
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o700 })
  return path
}

const refused = { code: 'client.key-store-failed' }

describe('A reload command', () => {
  it('runs a reload command without a shell and without our environment', async () => {
    const program = await writeScript(`printf '%s|' "$@" > ${folder}/args; env > ${folder}/env`)
    process.env['SANAD_TEST_SECRET'] = 'hush'
    await runReloadHook({ kind: 'command', command: [program, '$(id)', 'a b', ';'] })
    expect(await readFile(join(folder, 'args'), 'utf8')).toBe('$(id)|a b|;|')
    expect(await readFile(join(folder, 'env'), 'utf8')).not.toContain('hush')
  })

  it('fails the hand-over when the reload command fails', async () => {
    const command = [await writeScript('exit 3')]
    await expect(runReloadHook({ kind: 'command', command })).rejects.toMatchObject(refused)
    await expect(
      runReloadHook({ kind: 'command', command: [join(folder, 'nobody')] }),
    ).rejects.toMatchObject(refused)
  })

  it('kills a reload command that hangs, with all it started', async () => {
    const program = await writeScript(`(sleep 3; touch ${folder}/late) & wait`)
    const hook = { kind: 'command', command: [program], timeoutSeconds: 1 } as const
    await expect(runReloadHook(hook)).rejects.toMatchObject(refused)
    await sleep(2500)
    await expect(stat(join(folder, 'late'))).rejects.toThrow('ENOENT')
  })

  it.each([
    ['file', 'restart'],
    ['folder', '.'],
  ])('does not run a reload command that others can change: %s', async (_, name) => {
    const program = await writeScript(`touch ${folder}/ran`)
    await chmod(join(folder, name), 0o777)
    await expect(runReloadHook({ kind: 'command', command: [program] })).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
    await expect(stat(join(folder, 'ran'))).rejects.toThrow('ENOENT')
  })
})

describe('A reload request', () => {
  let sbi: Server
  const asked: string[] = []
  async function listen(status: number | undefined): Promise<string> {
    sbi = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      if (status !== undefined) response.writeHead(status).end()
    }).listen(0, '127.0.0.1')
    await once(sbi, 'listening')
    return `http://127.0.0.1:${(sbi.address() as AddressInfo).port}/reload`
  }
  afterEach(() => {
    sbi.closeAllConnections()
    sbi.close()
  })

  it('sends one POST to the SBI as a reload request', async () => {
    asked.length = 0
    await runReloadHook({ kind: 'http', url: await listen(204) })
    expect(asked).toEqual(['POST /reload'])
  })

  it.each([
    ['refused', 500],
    ['redirected', 302],
    ['not answered', undefined],
  ])('fails the hand-over when the reload request is %s', async (_, status) => {
    const hook = { kind: 'http', url: await listen(status), timeoutSeconds: 1 } as const
    await expect(runReloadHook(hook)).rejects.toMatchObject(refused)
  })
})
