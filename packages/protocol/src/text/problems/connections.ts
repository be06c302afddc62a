import { row } from './row.ts'

/** On the way to another program: from a client to its server, from the server to the receiver of a webhook. */
export const CONNECTION_PROBLEMS = {
  'connection.name-unknown': row(502, 'DNS does not know the name of the server.', true),
  'connection.refused': row(502, 'Nothing accepts connections at the server’s address.', true),
  'connection.no-route': row(502, 'There is no way through the network to the server.', true),
  'connection.timed-out': row(504, 'The server’s address does not answer at all.', true),
  'connection.broken-off': row(502, 'The connection to the server was broken off.', true),
  'connection.not-tls': row(502, 'What answers at the server’s address does not speak TLS.', true),
  'connection.tls-refused': row(502, 'The TLS handshake with the server failed.', true),
  'proxy.name-unknown': row(502, 'DNS does not know the name of the proxy.', true),
  'proxy.unreachable': row(502, 'The proxy cannot be reached.', true),
  'proxy.broke-off': row(502, 'The proxy closed the connection before it answered.', true),
  'proxy.too-slow': row(504, 'The proxy does not answer in time.', true),
  'proxy.not-a-proxy': row(
    502,
    'What answers at the proxy’s address is not an HTTP proxy for TLS.',
    true,
  ),
  'proxy.certificate-refused': row(502, 'The proxy’s own TLS certificate is not trusted.', true),
  'proxy.account-needed': row(502, 'The proxy asks for an account, and none is configured.', true),
  'proxy.account-unreadable': row(500, 'The account file of the proxy cannot be used.', true),
  'proxy.account-refused': row(502, 'The proxy refuses the account from the account file.', true),
  'proxy.method-unsupported': row(
    502,
    'The proxy asks for a sign-in method that Sanad does not have; Sanad has Basic only.',
    true,
  ),
  'proxy.refused': row(502, 'The proxy does not allow connections to the server.', true),
  'proxy.server-unreachable': row(502, 'The proxy cannot reach the server.', true),
} as const
