import { hash } from 'node:crypto'
import { type DeviceIdentity, deviceSubject } from '../../domain/digital-id.ts'
import type { ProblemDocument } from '../../text/problems.ts'

/**
 * The live channel: a WebSocket (RFC 6455) on the server’s one port that carries the same messages as the
 * devices’ door, and tells a client that commands wait. docs/channel.md
 */

export const CHANNEL_PATH = '/device/v1/channel'

/** The largest text, as at the door. */
export const LARGEST_FRAME = 64 * 1024

/** Why the server closes a channel: RFC 6455 §7.4.1 where it has a code, else of the private range. */
export const CHANNEL_CLOSES = {
  /** The server stops: come back after a random while. */
  goingAway: 1001,
  /** Something other than a text. */
  notText: 1003,
  /** Too many messages, or a second one of a device that waits for its answer. */
  flooded: 1008,
  /** No device was heard in time. */
  notAuthenticated: 4401,
} as const

/** Base64url of the SHA-256 of a device’s subject: names it to its own client and to nobody else. */
export const subjectHash = (device: DeviceIdentity | string): string =>
  hash('sha256', typeof device === 'string' ? device : deviceSubject(device), 'base64url')

/** What the server says to have the device ask for its commands. */
export const wakeText = (hashOfSubject: string): string => `wake ${hashOfSubject}`

/** @returns the hash of the device’s subject, if it is such a text */
export const readWake = (text: string): string | undefined =>
  /^wake ([A-Za-z0-9_-]{43})$/.exec(text)?.[1]

/** Names a message that was refused before anything in it could be read: base64url of its SHA-256. */
export const messageHash = (text: string): string => hash('sha256', text, 'base64url')

/** The answer to a message that was refused, as JSON; an answer proper is a JWE whose `kid` is the question’s `mid`. */
export type ChannelProblem = ProblemDocument & { readonly message: string }
