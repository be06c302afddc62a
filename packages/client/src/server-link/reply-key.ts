import { createPrivateKey, createPublicKey } from 'node:crypto'
import { type AgreementKey, describeAgreementKey } from '@sanad/protocol/wire/envelope/encryption'

/** The one-time key of a message, as it is kept on disk: it opens the answer to that message and nothing else. */

export const writeReplyKey = ({ privateKey }: AgreementKey): string =>
  privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')

export function readReplyKey(pkcs8: string): AgreementKey {
  const key = Buffer.from(pkcs8, 'base64')
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  return { privateKey, public: describeAgreementKey(createPublicKey(privateKey)) }
}
