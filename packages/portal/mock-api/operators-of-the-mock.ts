import type { AccessEntry } from '@sanad/protocol/operator-api/access-log'
import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import type { OperatorSessionView } from '@sanad/protocol/operator-api/session'
import type { Role } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { iso, sha256Of, uuidOf } from './fleet.ts'

/** Operators, their sessions and the access log. */
export class MockOperators {
  readonly accessLog: readonly AccessEntry[]
  list: readonly OperatorView[]
  sessions: readonly OperatorSessionView[]
  /** By token. */
  readonly invitations = new Map<string, OperatorView>()
  readonly passwords = new Map<string, { readonly role: Role; readonly password: string }>()

  constructor(now: number, isEmpty: boolean) {
    this.list = isEmpty ? [] : makeOperators(now)
    this.sessions = makeSessions(now)
    this.accessLog = isEmpty ? [] : makeAccessLog(now)
  }

  /** @throws SanadError `operator.not-found` */
  find(id: string): OperatorView {
    const found = this.list.find(({ operatorId }) => operatorId === id)
    if (found === undefined) throw new SanadError('operator.not-found')
    return found
  }

  change(id: string, to: Partial<OperatorView>): OperatorView {
    const found = this.find(id)
    const changed = { ...found, ...to }
    this.list = this.list.map((each) => (each === found ? changed : each))
    return changed
  }

  /** How many ended. */
  keepSessions(keep: (session: OperatorSessionView) => boolean): number {
    const before = this.sessions.length
    this.sessions = this.sessions.filter(keep)
    return before - this.sessions.length
  }

  invite(operator: OperatorView) {
    const token = sha256Of(`${operator.name} ${this.invitations.size}`).slice(0, 43)
    this.invitations.set(token, operator)
    const endsAt = iso(Date.now() + 24 * HOUR_MS)
    return { operator, invitation: { token, endsAt } }
  }

  /** @throws SanadError `operator.invitation-ended` */
  invited(token: string) {
    const operator = this.invitations.get(token)
    if (operator === undefined) throw new SanadError('operator.invitation-ended')
    return { name: operator.name, role: operator.role, endsAt: iso(Date.now() + 24 * HOUR_MS) }
  }

  accept(token: string, password: string) {
    const invited = this.invited(token)
    this.invitations.delete(token)
    this.passwords.set(invited.name, { role: invited.role, password })
    return invited
  }
}

function makeOperators(now: number): OperatorView[] {
  const made = (name: string, role: Role, to: Partial<OperatorView> = {}): OperatorView => ({
    operatorId: uuidOf(name),
    name,
    role,
    state: 'active',
    credential: 'password',
    credentialEndsAt: null,
    createdAt: iso(now - 900 * HOUR_MS),
    lastSignedInAt: iso(now - 3 * HOUR_MS),
    ...to,
  })
  const never = { lastSignedInAt: null }
  return [
    made('Aster Bekele', 'administrator'),
    made('Lea Moreau', 'operator', {
      credential: 'link',
      credentialEndsAt: iso(now + 20 * HOUR_MS),
      ...never,
    }),
    made('Noor Rahman', 'auditor', { lastSignedInAt: iso(now - 50 * HOUR_MS) }),
    made('Tomas Okafor', 'technician', { state: 'disabled' }),
    made('Zeynep Kaya', 'security-officer', {
      credential: 'one-time-password',
      credentialEndsAt: iso(now - 5 * HOUR_MS),
      ...never,
    }),
  ]
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0'
const EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0'

const makeSessions = (now: number): OperatorSessionView[] =>
  [FIREFOX, EDGE, ''].map((browser, index) => ({
    sessionId: uuidOf(`session-${index}`),
    address: `192.0.2.${index + 10}`,
    browser,
    signedInAt: iso(now - (index + 1) * HOUR_MS),
    lastUsedAt: iso(now - index * 600_000),
    endsAt: iso(now + 11 * HOUR_MS),
    isCurrent: index === 0,
  }))

const REQUESTS = [
  ['GET', '/devices', '/devices', 200, null, 'Aster Bekele'],
  ['POST', '/operators', '/operators', 403, 'operator.permission-missing', 'Noor Rahman'],
  ['POST', '/session', null, 401, 'operator.credentials-wrong', null],
  ['GET', '/trust', '/trust', 503, 'database.unavailable', 'Aster Bekele'],
] as const

const makeAccessLog = (now: number): AccessEntry[] =>
  Array.from({ length: 60 }, (_, index) => {
    const [method, route, path, status, code, operatorName] =
      REQUESTS[index % REQUESTS.length] ?? REQUESTS[0]
    return {
      entryId: 60 - index,
      at: iso(now - index * 60_000),
      requestId: uuidOf(`request-${index}`),
      method,
      route,
      path,
      status,
      outcome: status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed',
      code,
      address: operatorName === null ? '203.0.113.7' : '192.0.2.10',
      operatorId: operatorName === null ? null : uuidOf(operatorName),
      operatorName,
      occurrences: operatorName === null ? 37 : 1,
    }
  })
