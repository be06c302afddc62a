import { randomUUID } from 'node:crypto'
import { COMMAND_TYP, type CommandStatement } from '@sanad/protocol/domain/commands'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { makeJws } from '@sanad/protocol/wire/envelope/signing'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { makeCommandSigner } from './test-commands.ts'
import type { TestAuthority } from './test-pki.ts'
import { SERVER_ID } from './test-server.ts'

/** Orders to set a clock back, right and wrong ones, by a command key of the test's own. */
export function makeClockOrders(root: TestAuthority, usage: string = OID.managementCommand) {
  const { certificateChain, alg, signInput } = makeCommandSigner(root, usage)
  const x5c = encodeCertificateChain(certificateChain)
  return (
    subject: string,
    changes: Partial<CommandStatement> & { readonly typ?: string } = {},
  ): Promise<string> => {
    const { typ = COMMAND_TYP, ...more } = changes
    const now = Date.now()
    const statement = {
      v: 1,
      id: randomUUID(),
      number: 1,
      iss: SERVER_ID,
      aud: subject,
      issuedAt: formatTimestamp(now),
      notBefore: formatTimestamp(now),
      notAfter: formatTimestamp(now + 86_400_000),
      type: 'synchronise-time',
      body: { mode: 'reset', floor: formatTimestamp(now - 60_000) },
      ...more,
    }
    return makeJws({ alg, typ, x5c }, statement, signInput)
  }
}
