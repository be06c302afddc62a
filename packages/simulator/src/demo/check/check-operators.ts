import { type InvitedOperator, INVITATION_PAGE } from '@sanad/protocol/operator-api/operators'
import type { OperatorSessionList, SessionView } from '@sanad/protocol/operator-api/session'
import type { Demo } from '../demo.ts'
import { OperatorApi } from '../operator-api.ts'
import { type Promises, keptIf, look } from './promise.ts'

const NAME = 'Second Operator'
const PASSWORD = 'the lake behind our house'

/** Who runs the server is never one person alone. */
export async function checkOperators(demo: Demo, promises: Promises): Promise<void> {
  const first = await demo.signIn()
  await look(promises, 'a second operator is invited and signs in', async () => {
    const { invitation, operator } = await first.require<InvitedOperator>('POST', '/operators', {
      name: NAME,
      role: 'security-officer',
    })
    const { status } = await first.read(INVITATION_PAGE)
    const second = await OperatorApi.at(demo.settings.port, demo.paths.managementRoot)
    const body = { token: invitation.token, password: PASSWORD }
    await second.require('POST', '/invitation/accept', body)
    const again = await second.call('POST', '/api/v1/invitation/accept', body)
    await second.signIn(NAME, PASSWORD)
    const session = await second.require<SessionView>('GET', '/session')
    const { items } = await second.require<OperatorSessionList>('GET', '/sessions')
    await first.require('POST', `/operators/${operator.operatorId}/disable`)
    const after = await second.call('GET', '/api/v1/session')
    const seen = {
      page: status,
      again: again.status,
      role: session.operator.role,
      sessions: items.length,
      disabled: after.status,
    }
    return keptIf(
      JSON.stringify(seen) ===
        '{"page":200,"again":410,"role":"security-officer","sessions":1,"disabled":401}',
      JSON.stringify(seen),
      'by a link that is used once; disabled, they are out at once',
    )
  })
}
