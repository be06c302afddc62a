import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { OperatorAccounts, createFirstOperator } from './operator-accounts.ts'
import { OperatorSessions } from './operator-sessions.ts'

let db: TestDatabase
beforeEach(async () => {
  db = await startTestDatabase()
})
afterEach(() => db[Symbol.asyncDispose]())

const administrators = () => new OperatorAccounts(db.database).list()

async function passwordFile(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'sanad-password-')), 'password')
  await writeFile(path, text, { mode: 0o600 })
  return path
}

describe('the first operator', () => {
  it('is an administrator with a one-time password', async () => {
    const { oneTimePassword = '' } = await createFirstOperator(db.database, { name: 'admin' })
    const sessions = new OperatorSessions(db.database, Date.now)
    const { operator } = await sessions.signIn({ name: 'admin', password: oneTimePassword }, '::1')
    expect(operator).toMatchObject({ role: 'administrator', mustChangePassword: true })
  })

  it('takes the password of a file, and returns none', async () => {
    const file = await passwordFile('a password of a file\n')
    const made = await createFirstOperator(db.database, { name: 'admin', passwordFile: file })
    expect(made).toEqual({ isCreated: true })
    const sessions = new OperatorSessions(db.database, Date.now)
    const signedIn = await sessions.signIn({ name: 'admin', password: 'a password of a file' }, '')
    expect(signedIn.operator.mustChangePassword).toBe(false)
  })

  it('is made once, also by two servers at once', async () => {
    const made = await Promise.all([
      createFirstOperator(db.database, { name: 'admin' }),
      createFirstOperator(db.database, { name: 'admin' }),
    ])
    expect(made.filter(({ isCreated }) => isCreated)).toHaveLength(1)
    expect(await createFirstOperator(db.database, { name: 'other' })).toEqual({ isCreated: false })
    expect(await administrators()).toHaveLength(1)
  })

  it('is not made with a short password', async () => {
    const file = await passwordFile('short\n')
    const made = createFirstOperator(db.database, { name: 'admin', passwordFile: file })
    await expect(made).rejects.toMatchObject({ code: 'server.configuration-invalid' })
    expect(await administrators()).toEqual([])
  })

  it('stays while there is no other administrator', async () => {
    await createFirstOperator(db.database, { name: 'admin' })
    const accounts = new OperatorAccounts(db.database)
    const [{ operatorId } = { operatorId: '' }] = await accounts.list()
    await expect(accounts.disable(operatorId, 'command-line')).rejects.toMatchObject({
      code: 'operator.last-administrator',
    })
    expect(await accounts.list()).toMatchObject([{ state: 'active' }])
  })
})
