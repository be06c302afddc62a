import { randomUUID } from 'node:crypto'
import type { SessionView, SignIn } from '@sanad/protocol/operator-api/session'
import { permissionsOf, type Role } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'

export const MOCK_PASSWORD = 'correct horse battery staple'

const PEOPLE: Record<string, { name: string; role: Role; mustChangePassword: boolean }> = {
  admin: { name: 'Aster Bekele', role: 'administrator', mustChangePassword: false },
  auditor: { name: 'Noor Rahman', role: 'auditor', mustChangePassword: false },
  technician: { name: 'Ines Duarte', role: 'technician', mustChangePassword: false },
  newcomer: { name: 'Lea Moreau', role: 'operator', mustChangePassword: true },
}

/** Who asks, with what. */
export interface Visit {
  readonly sessions: MockSessions
  /** The cookie’s. */
  readonly token: string | undefined
  /** Sends a cookie with the answer. */
  readonly keepToken: (token: string) => void
}

/** Who is signed in, by cookie. */
export class MockSessions {
  readonly #sessions = new Map<string, SessionView>()

  /** @throws SanadError `operator.credentials-wrong` */
  signIn(
    { name: asked, password }: SignIn,
    invited: ReadonlyMap<string, { readonly role: Role; readonly password: string }>,
  ): { token: string; session: SessionView } {
    const accepted = invited.get(asked)
    const person =
      accepted === undefined
        ? PEOPLE[asked]
        : { name: asked, role: accepted.role, mustChangePassword: false }
    if (person === undefined || password !== (accepted?.password ?? MOCK_PASSWORD))
      throw new SanadError('operator.credentials-wrong')
    const { name, role, mustChangePassword } = person
    const now = Date.now()
    const session: SessionView = {
      operator: { operatorId: uuidOf(name), name, role },
      permissions: permissionsOf(role),
      signedInAt: iso(now),
      endsAt: iso(now + 8 * 3_600_000),
      mustChangePassword,
    }
    const token = randomUUID()
    this.#sessions.set(token, session)
    return { token, session }
  }

  /** @throws SanadError `operator.not-signed-in` */
  read(token: string | undefined): SessionView {
    const session = token === undefined ? undefined : this.#sessions.get(token)
    if (session === undefined) throw new SanadError('operator.not-signed-in')
    return session
  }

  changePassword(token: string | undefined): void {
    const session = this.read(token)
    if (token !== undefined) this.#sessions.set(token, { ...session, mustChangePassword: false })
  }

  signOut(token: string | undefined): void {
    if (token !== undefined) this.#sessions.delete(token)
  }
}
