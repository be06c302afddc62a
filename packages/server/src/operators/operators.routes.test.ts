import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { describe, expect, it } from 'vitest'
import { time, OURS, portal, signIn } from '../../test/sessions-portal.ts'
import { PASSWORD } from '../../test/test-portal.ts'
import { readRecord } from '../record/event-reader.ts'

const post = (path: string, payload: object) =>
  portal.app.inject({ method: 'POST', url: `${OPERATOR_API}${path}`, headers: OURS, payload })

async function invite(name: string) {
  const administrator = await portal.signIn('administrator')
  const created = await administrator.ask('POST', '/operators', {
    payload: { name, role: 'operator' },
  })
  expect(created.statusCode).toBe(201)
  const invited = created.json<InvitedOperator>()
  const accept = (password: string) =>
    post('/invitation/accept', { token: invited.invitation.token, password })
  return { administrator, invited, accept }
}

describe('operators', () => {
  it('invites an operator by a link, who chooses a password and signs in', async () => {
    const { invited, accept } = await invite('Fatuma')
    expect(invited.operator).toMatchObject({ credential: 'link', lastSignedInAt: null })
    const read = await post('/invitation', { token: invited.invitation.token })
    expect(read.json()).toMatchObject({ name: 'Fatuma', role: 'operator' })
    expect((await accept('the lake behind our house')).statusCode).toBe(200)
    expect((await signIn('fatuma', 'the lake behind our house')).json()).toMatchObject({
      operator: { name: 'Fatuma', role: 'operator' },
      mustChangePassword: false,
    })
    const types = (await readRecord(portal.db.database, { limit: 4 })).items.map(
      ({ event }) => event.type,
    )
    expect(types).toEqual([
      'operator.signed-in',
      'operator.invitation-accepted',
      'operator.invited',
      'operator.created',
    ])
  })

  it('accepts an invitation link once, even when it comes twice at once', async () => {
    const { accept } = await invite('Gelila')
    const replies = await Promise.all([
      accept('the lake behind our house'),
      accept('the hill behind our house'),
    ])
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 410]))
    expect((await accept('the lake behind our house')).json()).toMatchObject({
      code: 'operator.invitation-ended',
    })
  })

  it('refuses an invitation link after a day, and one that was replaced', async () => {
    const { invited: hana, administrator, accept } = await invite('Hana')
    const again = await administrator.ask('POST', `/operators/${hana.operator.operatorId}/reset`)
    expect((await accept('the lake behind our house')).statusCode).toBe(410)
    const { token } = again.json<InvitedOperator>().invitation
    const before = time.now
    time.now += 24 * 3_600_000
    expect((await post('/invitation', { token })).statusCode).toBe(410)
    time.now = before
  })

  it('refuses common passwords at an invitation, and keeps the link', async () => {
    const { accept } = await invite('Iman')
    expect((await accept('Password1234!')).json()).toMatchObject({ code: 'operator.password-weak' })
    expect((await accept('the lake behind our house')).statusCode).toBe(200)
  })

  it('stores no token of an invitation link, and lists none', async () => {
    const { invited, administrator } = await invite('Jemal')
    const { rows } = await portal.db.pool.query('select * from operator_invitation')
    const list = await administrator.ask('GET', '/operators')
    expect(JSON.stringify(rows) + list.body).not.toContain(invited.invitation.token)
  })

  it('resets an operator: ends their sessions and password, and gives a link', async () => {
    const administrator = await portal.signIn('administrator')
    const person = await portal.signIn('operator')
    const reply = await administrator.ask('POST', `/operators/${person.operatorId}/reset`)
    const { invitation } = reply.json<InvitedOperator>()
    expect((await person.ask('GET', '/session')).statusCode).toBe(401)
    expect((await signIn(person.name, PASSWORD)).statusCode).toBe(401)
    await post('/invitation/accept', {
      token: invitation.token,
      password: 'the lake behind our house',
    })
    expect((await signIn(person.name, 'the lake behind our house')).statusCode).toBe(200)
  })

  it('applies a new role from the next request on, and enables operators with their old password', async () => {
    const administrator = await portal.signIn('administrator')
    const person = await portal.signIn('auditor')
    const act = (what: string, payload?: object) =>
      administrator.ask('POST', `/operators/${person.operatorId}/${what}`, {
        ...(payload && { payload }),
      })
    expect((await act('role', { role: 'technician' })).json()).toMatchObject({ role: 'technician' })
    expect((await person.ask('GET', '/operators')).statusCode).toBe(403)
    await act('disable')
    expect((await act('reset')).json()).toMatchObject({ code: 'operator.is-disabled' })
    expect((await act('enable')).json()).toMatchObject({ state: 'active' })
    expect((await signIn(person.name, PASSWORD)).statusCode).toBe(200)
    const data = (await readRecord(portal.db.database, { type: ['operator.role-changed'] })).items
    expect(data[0]?.event.data).toMatchObject({ name: person.name, from: 'auditor' })
  })

  it('refuses to let operators reset themselves', async () => {
    const administrator = await portal.signIn('administrator')
    const reply = await administrator.ask('POST', `/operators/${administrator.operatorId}/reset`)
    expect(reply.json()).toMatchObject({ code: 'operator.not-yourself' })
    expect((await administrator.ask('GET', '/session')).statusCode).toBe(200)
  })

  it('lets only administrators manage operators', async () => {
    const officer = await portal.signIn('security-officer')
    const someone = `/operators/${officer.operatorId}`
    for (const [method, path] of [
      ['POST', '/operators'],
      ['POST', `${someone}/reset`],
      ['POST', `${someone}/role`],
      ['POST', `${someone}/disable`],
      ['POST', `${someone}/enable`],
      ['GET', `${someone}/sessions`],
      ['DELETE', `${someone}/sessions`],
    ] as const)
      expect((await officer.ask(method, path)).json()).toMatchObject({
        code: 'operator.permission-missing',
      })
  })

  it('ends the sessions of a disabled operator at once', async () => {
    const administrator = await portal.signIn('administrator')
    const leaver = await portal.signIn('operator')
    const reply = await administrator.ask('POST', `/operators/${leaver.operatorId}/disable`)
    expect(reply.json()).toMatchObject({ state: 'disabled' })
    expect((await leaver.ask('GET', '/session')).statusCode).toBe(401)
    expect((await signIn(leaver.name, PASSWORD)).statusCode).toBe(401)
  })

  it('refuses two operator names that differ only in case', async () => {
    const administrator = await portal.signIn('administrator')
    const reply = await administrator.ask('POST', '/operators', {
      payload: { name: 'AMINA', role: 'auditor' },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.duplicate' })
  })
})
