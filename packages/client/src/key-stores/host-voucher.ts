import { type DigitalId, deviceSubject } from '@sanad/protocol/domain/digital-id'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { makeCarrierCertificate } from './carrier-certificate.ts'
import type { DeviceKeyStore } from './device-key-store.ts'
import type { DeviceVoucher, SignedDigitalId } from './device-voucher.ts'

/** What the client knows about a key when it signs with it. */
export interface HostFacts {
  /** What the SBI says of the device; the voucher sets its time. */
  readonly claims: DigitalId
  readonly spki: Uint8Array
  /** The key's certificate, once there is one. */
  readonly certificate: Uint8Array | undefined
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
}

/** RFC 5280 Appendix A.1: ub-common-name. */
const LONGEST_COMMON_NAME = 64

/** L0: the device key itself signs what a chip would sign; the server asks for more than that. */
export class HostVoucher implements DeviceVoucher {
  readonly level = 'L0'
  readonly #keys: DeviceKeyStore
  readonly #facts: (keyId: string) => HostFacts

  constructor(keys: DeviceKeyStore, facts: (keyId: string) => HostFacts) {
    this.#keys = keys
    this.#facts = facts
  }

  async registrationChain(keyId: string): Promise<readonly Uint8Array[]> {
    const { claims, spki, now } = this.#facts(keyId)
    const commonName = deviceSubject(claims).slice(0, LONGEST_COMMON_NAME)
    const sign = (input: Uint8Array): Promise<Uint8Array> => this.#keys.sign(keyId, input)
    return [await makeCarrierCertificate({ commonName, spki, at: now }, sign)]
  }

  signRegistration(keyId: string, input: Uint8Array): Promise<Uint8Array> {
    return this.#keys.sign(keyId, input)
  }

  async signDigitalId(keyId: string): Promise<SignedDigitalId> {
    const { claims, certificate, now } = this.#facts(keyId)
    const digitalId: DigitalId = { ...claims, dateTime: formatSeconds(now) }
    const chain = certificate === undefined ? await this.registrationChain(keyId) : [certificate]
    const signed = await signDigitalId(digitalId, chain, (input) => this.#keys.sign(keyId, input))
    return { digitalId, signed }
  }
}
