import { describe, expect, it } from 'vitest'
import { hashPassword, isPasswordRight } from './password.ts'

describe('a password', () => {
  it('stores passwords as argon2id with OWASP’s cost and a salt each', async () => {
    const [one, two] = await Promise.all([hashPassword('same'), hashPassword('same')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(two)
  })

  it('recognises a password in every Unicode form', async () => {
    const stored = await hashPassword('caf\u00e9')
    expect(await isPasswordRight('cafe\u0301', stored)).toBe(true)
    expect(await isPasswordRight('cafe', stored)).toBe(false)
  })

  it('accepts no password for an unknown name', async () => {
    expect(await isPasswordRight('anything', undefined)).toBe(false)
  })
})
