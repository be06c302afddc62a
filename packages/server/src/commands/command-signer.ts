import { verify } from 'node:crypto'
import { COMMAND_TYP, type CommandStatement, readCommand } from '@sanad/protocol/domain/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import { type DeviceIdentity, deviceSubject } from '@sanad/protocol/domain/digital-id'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { encodeJson, encodeSigningInput, joinJws } from '@sanad/protocol/wire/envelope/compact'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { importSigner } from '../certificates/der/verified-signature.ts'
import type { Hsm } from '../hsm/hsm.ts'
import type { CommandKey, CommandKeys } from './command-keys.ts'

/** What the command key signs, and its signature. The bytes are fixed before the HSM is asked. */

export interface StatementParts {
  readonly commandId: string
  readonly number: number
  readonly device: DeviceIdentity
  readonly type: CommandType
  readonly body: object
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  readonly notBefore: number
  readonly notAfter: number
}

export interface CommandSignerOptions {
  readonly hsm: Pick<Hsm, 'signCommand'>
  readonly keys: CommandKeys
  readonly serverId: string
}

export class CommandSigner {
  readonly #options: CommandSignerOptions

  constructor(options: CommandSignerOptions) {
    this.#options = options
  }

  /** The key with its certificate of one form. @throws SanadError `hsm.*` */
  key(form: IdentifierForm): Promise<CommandKey> {
    return this.#options.keys.shown(form)
  }

  /** RFC 7515 §5.1: the signing input, which is kept before it is signed. */
  write(key: CommandKey, parts: StatementParts): string {
    const statement: CommandStatement = {
      v: 1,
      id: parts.commandId,
      number: parts.number,
      iss: this.#options.serverId,
      aud: deviceSubject(parts.device),
      issuedAt: formatTimestamp(parts.issuedAt),
      notBefore: formatTimestamp(parts.notBefore),
      notAfter: formatTimestamp(parts.notAfter),
      type: parts.type,
      body: parts.body,
    }
    // As the device will read it: what it would refuse is not signed.
    readCommand(statement)
    return encodeSigningInput(headerOf(key), statement)
  }

  /** Whether what was written earlier names this very certificate. */
  isUnder(key: CommandKey, signingInput: string): boolean {
    return signingInput.startsWith(`${encodeJson(headerOf(key))}.`)
  }

  /** RSASSA-PKCS1-v1_5 is deterministic: signed twice, it is the same JWS. @throws SanadError `hsm.*` */
  async sign(key: CommandKey, signingInput: string): Promise<string> {
    const signature = await this.#options.hsm.signCommand(key.hsmKeyId, signingInput)
    if (!verify('sha256', Buffer.from(signingInput), importSigner(key.spki), signature))
      throw new SanadError('hsm.unavailable', 'the HSM returned a wrong signature')
    return joinJws(signingInput, signature)
  }
}

const headerOf = ({ certificate }: CommandKey) => ({
  alg: 'RS256',
  typ: COMMAND_TYP,
  x5c: encodeCertificateChain([certificate]),
})
