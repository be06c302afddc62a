import { type ServerStatement, readServerStatement } from '../envelopes.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJsonObject } from '../../text/strict-json.ts'
import { parseTimestamp } from '../../text/timestamps.ts'
import type { Certificate } from '../../asn1/x509.ts'
import { type AnswerSigner, verifyServerJws } from './answer.ts'
import { encodeCertificateChain } from './certificates.ts'
import { parseCompactJws } from './compact.ts'
import { makeJws } from './signing.ts'

/** Who the server is, what time it has and which key to encrypt to, bound to the asker's nonce. */
export const SERVER_STATEMENT_TYP = 'sanad-server-statement+jws'

export function makeServerStatement(
  statement: ServerStatement,
  signer: AnswerSigner,
): Promise<string> {
  const header = {
    alg: 'EdDSA',
    typ: SERVER_STATEMENT_TYP,
    x5c: encodeCertificateChain(signer.certificateChain),
  }
  return makeJws(header, statement, signer.signInput)
}

export interface StatementExpectations {
  readonly managementRoots: readonly Certificate[]
  readonly nonce: string
  /**
   * The earliest time it can be: the persisted floor, milliseconds since the epoch. The device has no other
   * clock to trust yet, so the statement's own time decides whether the response key's certificate is valid.
   */
  readonly floor: number
  /** The device’s own trusted time, if it has one: a statement without time is judged by it. */
  readonly now?: number
}

/** @throws SanadError `client.wrong-server`, `message.*`, `time.not-trusted` when nobody knows the time */
export function openServerStatement(
  text: string,
  expected: StatementExpectations,
): ServerStatement {
  const jws = parseCompactJws(text)
  const claimed = readServerStatement(parseStrictJsonObject(jws.payload))
  const now = claimed.time?.midpoint ?? expected.now
  if (now === undefined) throw new SanadError('time.not-trusted')
  verifyServerJws(jws, SERVER_STATEMENT_TYP, { managementRoots: expected.managementRoots, now })
  if (claimed.nonce !== expected.nonce)
    throw new SanadError('message.not-an-answer-to-this', 'nonce')
  // The latest that it can be by the server's own word: two right clocks differ by what they are off.
  if (now + (claimed.time?.radius ?? 0) < expected.floor)
    throw new SanadError('message.time-outside-window', 'before the floor')
  if (parseTimestamp(claimed.notAfter) < now) throw new SanadError('message.certificate-not-valid')
  return claimed
}
