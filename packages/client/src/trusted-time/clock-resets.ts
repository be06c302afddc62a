import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { randomBytes } from 'node:crypto'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { type OpenedReset, openClockReset } from './open-clock-reset.ts'

/**
 * Asks the server whether it ordered the clock of one of our devices to be set back. Only when its statement, or
 * its TLS certificate, is in our past: a client that was led into the future can accept no other answer.
 */

/** Questions to the pinned server by a client that does not know the date. */
export interface UndatedLink {
  readonly get: (
    path: string,
    signal?: AbortSignal,
  ) => Promise<{ readonly status: number; readonly contentType: string; readonly text: string }>
}

export interface ResettableDevice {
  readonly subject: string
  /** The highest number of any command that it took. */
  readonly highestNumber: number
}

export interface ClockResetsOptions {
  readonly link: UndatedLink
  readonly managementRoots: readonly Certificate[]
  readonly serverId: string
  readonly lastResetOf: (subject: string) => number
  readonly devices: () => Promise<readonly ResettableDevice[]>
  readonly note: (event: ClockResetEvent) => void
}

export type ClockResetEvent =
  | { readonly kind: 'refused'; readonly subject: string }
  /** `found`: on record before it takes effect. */
  | { readonly kind: 'found' | 'reset'; readonly subject: string; readonly number: number }

export interface FoundReset {
  readonly order: OpenedReset
  /** The command as it was signed. */
  readonly text: string
}

export class ClockResets {
  readonly #options: ClockResetsOptions

  constructor(options: ClockResetsOptions) {
    this.#options = options
  }

  get link(): UndatedLink {
    return this.#options.link
  }

  /** The first order that is from the server, to a device of ours, and new. @throws SanadError `client.*` */
  async find(signal: AbortSignal | undefined): Promise<FoundReset | undefined> {
    for (const device of await this.#options.devices()) {
      const text = await this.#ask(device, signal)
      if (text === undefined) continue
      const order = this.#open(text, device)
      if (order !== undefined) return { order, text }
      this.#options.note({ kind: 'refused', subject: device.subject })
    }
    return undefined
  }

  note(kind: 'found' | 'reset', { order: { subject, number } }: FoundReset): void {
    this.#options.note({ kind, subject, number })
  }

  async #ask({ subject }: ResettableDevice, signal: AbortSignal | undefined) {
    const query = new URLSearchParams({
      device: subject,
      nonce: encodeBase64url(randomBytes(32)),
    })
    const reply = await this.#options.link.get(`/device/v1/clock-reset?${query.toString()}`, signal)
    return reply.status === 200 ? reply.text : undefined
  }

  #open(text: string, { subject, highestNumber }: ResettableDevice): OpenedReset | undefined {
    const { managementRoots, serverId, lastResetOf } = this.#options
    const order = openClockReset(text, { managementRoots, serverId, subject })
    // A number that was used: a replay of an old order.
    const highest = Math.max(highestNumber, lastResetOf(subject))
    return order !== undefined && order.number > highest ? order : undefined
  }
}
