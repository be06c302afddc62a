import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

/**
 * TLS 1.3, and TLS 1.2 with an ephemeral key exchange and authenticated encryption only.
 *
 * RFC 9325 §4.2: no static RSA, no CBC, no SHA-1. The groups stay OpenSSL’s own list, whose first is
 * X25519MLKEM768: what is recorded today stays closed to a quantum computer of tomorrow.
 */
const SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
] as const

/** A handshake that is not over by then never will be: the slowest line needs three round trips. */
export const HANDSHAKE_WITHIN_MS = 20_000

/** Part of every secure context of the listener, also of the one that a renewed key brings. */
export const TLS_PROFILE = {
  minVersion: 'TLSv1.2',
  ciphers: SUITES.join(':'),
  honorCipherOrder: true,
  // RFC 9325 §3.5: a client that renegotiates makes the server pay for a handshake again and again.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies TlsOptions

export const LISTENER_PROFILE = {
  ...TLS_PROFILE,
  handshakeTimeout: HANDSHAKE_WITHIN_MS,
} as const satisfies TlsOptions
