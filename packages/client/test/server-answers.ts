import { generateKeyPairSync } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import type { AnswerBody } from '@sanad/protocol/wire/messages'
import { issue, spkiOf, type TestAuthority } from './test-pki.ts'
import type { Answer } from './test-server.ts'

/** The answer to a check-in, with nothing to do for months. */
export function checkedIn(
  changes: Partial<AnswerBody<'check-in-answer'>> = {},
  now = Date.now(),
): Answer & { readonly type: 'check-in-answer' } {
  const start = now + 60 * DAY_MS
  return {
    type: 'check-in-answer',
    body: {
      nextCheckInSeconds: 3600,
      certificateNotAfter: formatTimestamp(now + 90 * DAY_MS),
      rotation: {
        start: formatTimestamp(start),
        end: formatTimestamp(start + DAY_MS),
        reason: 'scheduled',
      },
      longestOfflineSeconds: 7 * 86_400,
      commandsWaiting: false,
      ...changes,
    },
  }
}

export function makeSigner(
  root: TestAuthority,
  usage: string = OID.managementResponse,
  endsIn = 300 * DAY_MS,
) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const certificate = issue(root, {
    spki: spkiOf(publicKey),
    commonName: 'Management response key',
    usage,
    notBefore: Date.now() + Math.min(0, endsIn) - 5 * 60_000,
    notAfter: Date.now() + endsIn,
  })
  return { certificateChain: [certificate], signInput: signWith(privateKey, 'EdDSA') }
}
