import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PASSWORD } from '../../server/test/test-portal.ts'
import { db, folder, makeTls, sanad, server, session, signIn } from './command-line-under-test.ts'

describe('signing in', () => {
  it('keeps a session that only its owner can read, and no password', async () => {
    expect(await signIn()).toMatchObject({
      code: 0,
      out: expect.stringContaining('amina') as string,
    })
    expect((await stat(session())).mode & 0o077).toBe(0)
    expect(await readFile(session(), 'utf8')).not.toContain(PASSWORD)
  })

  it('refuses a wrong password, and stores nothing', async () => {
    await writeFile(join(folder, 'password'), 'wrong', { mode: 0o600 })
    const outcome = await signIn()
    await writeFile(join(folder, 'password'), PASSWORD, { mode: 0o600 })
    expect(outcome).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.credentials-wrong') as string,
    })
    await expect(stat(session())).rejects.toThrow('ENOENT')
  })

  it('trusts only the server under the pinned root', async () => {
    await makeTls('other.pem')
    const outcome = await sanad(
      'sign-in',
      '--server',
      server,
      '--root',
      join(folder, 'other.pem'),
      '--name',
      'amina',
      '--password-file',
      join(folder, 'password'),
    )
    expect(outcome).toMatchObject({
      code: 1,
      err: expect.stringContaining('client.server-unreachable') as string,
    })
    await expect(stat(session())).rejects.toThrow('ENOENT')
  })

  it('ends the session with sign-out, at the server too', async () => {
    await signIn()
    const kept = await readFile(session(), 'utf8')
    await sanad('sign-out')
    await writeFile(session(), kept, { mode: 0o600 })
    expect(await sanad('devices', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.not-signed-in') as string,
    })
  })

  it('uses no session that others can read', async () => {
    await signIn()
    await chmod(session(), 0o644)
    expect(await sanad('devices', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('client.permissions-too-open') as string,
    })
  })
})

describe('the revocation lists, for a verifier without a network', () => {
  it('writes the revocation lists as published, by issuer and number', async () => {
    await signIn()
    const target = join(folder, 'lists')
    const outcome = await sanad('trust', 'lists', '--folder', target, '--json')
    expect(outcome).toMatchObject({ code: 0 })
    const names = (await readdir(target, { recursive: true })).filter((name) =>
      name.endsWith('.crl'),
    )
    expect(names).toHaveLength(128)
    const { rows } = await db.pool.query<{ crl_name: string; der: Buffer }>(
      'select crl_name, der from revocation_list where shard = 17',
    )
    const [list] = rows
    if (list === undefined) throw new Error('no list')
    const written = await readFile(join(target, list.crl_name, '17.crl'))
    expect(written.equals(list.der)).toBe(true)
  })
})
