import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { Advice } from './advice.ts'

/** What to do about trouble on the way to the server: what, where, why, and whom to ask. */

export type ConnectionCode =
  | Extract<ProblemCode, `connection.${string}` | `proxy.${string}`>
  | 'client.server-certificate-outside-dates'
  | 'client.tls-intercepted'
  | 'client.not-a-management-server'

const amber = (sentence: string): Advice => ({ light: 'amber', sentence })
const red = (sentence: string): Advice => ({ light: 'red', sentence })

const ASK_FOR_PROXY =
  'If this network reaches the outside only through a proxy, set “proxy” in client.yaml.'

export const CONNECTION_ADVICE: Record<ConnectionCode, Advice> = {
  'connection.name-unknown': amber(
    `This computer’s DNS does not know the server’s name. Check the network and the name in serverUrl. ${ASK_FOR_PROXY}`,
  ),
  'connection.refused': amber(
    'The server’s computer refuses the connection: nothing listens on that port, or a firewall rejects it. Check host and port in serverUrl, then ask the provider whether the server runs.',
  ),
  'connection.no-route': amber(
    `This computer has no way to the server’s network. Check its network cable, Wi-Fi and gateway. ${ASK_FOR_PROXY}`,
  ),
  'connection.timed-out': amber(
    `The server’s address does not answer at all; usually a firewall drops the packets. Ask for outgoing connections to the server’s host and port. ${ASK_FOR_PROXY}`,
  ),
  'connection.broken-off': amber(
    'The connection to the server breaks off in the middle. The client sends the same message again; if this persists, ask the network’s administrator what cuts connections to the server.',
  ),
  'connection.not-tls': amber(
    'Something other than the server answers, without TLS: often the sign-in or error page of the network. Open a browser and sign in to the network; then check host and port in serverUrl.',
  ),
  'connection.tls-refused': amber(
    'The TLS handshake with the server fails. Check host and port in serverUrl; ask the network’s administrator whether TLS 1.2 and 1.3 pass unopened.',
  ),
  'proxy.name-unknown': amber(
    'This computer’s DNS does not know the proxy’s name. Check the proxy’s address in client.yaml.',
  ),
  'proxy.unreachable': amber(
    'The proxy cannot be reached. Check its address in client.yaml, and whether the proxy runs.',
  ),
  'proxy.broke-off': amber(
    'The proxy closes the connection without an answer. Check host and port in client.yaml; then ask the proxy’s administrator.',
  ),
  'proxy.too-slow': amber(
    'The proxy does not answer in time. It may be overloaded, or may itself not reach the server; ask its administrator.',
  ),
  'proxy.not-a-proxy': amber(
    'What answers at the proxy’s address is not an HTTP proxy that opens tunnels (CONNECT). Check host and port in client.yaml.',
  ),
  'proxy.certificate-refused': amber(
    'The proxy’s own TLS certificate is not trusted. Name its authority in certificateAuthorityFile, or use its http:// address.',
  ),
  'proxy.account-needed': amber(
    'The proxy asks for an account. Get one from its administrator, write user:password into a file that only the client can read, and name the file in accountFile in client.yaml.',
  ),
  'proxy.account-unreadable': red(
    'The proxy’s account file cannot be used. It must hold one line, user:password; the log names the file.',
  ),
  'proxy.account-refused': red(
    'The proxy refuses the user or password in the account file. Correct the file. The client tries a refused account only every 15 minutes, then every hour, so that it is not locked; a changed file is tried at once.',
  ),
  'proxy.method-unsupported': red(
    'The proxy wants a sign-in method that the client does not have, such as NTLM, Negotiate or Digest. Ask its administrator to allow Basic for this computer, or to let it reach the server’s host and port without an account.',
  ),
  'proxy.refused': amber(
    'The proxy does not allow connections to the server. Ask its administrator to allow CONNECT to the server’s host and port.',
  ),
  'proxy.server-unreachable': amber(
    'The proxy cannot reach the server. Check host and port in serverUrl; then ask the proxy’s administrator whether the proxy knows that name and may connect to it.',
  ),
  'client.server-certificate-outside-dates': red(
    'The server’s TLS certificate has expired, or the time that the client trusts is wrong. Contact the provider’s support; the log has the dates.',
  ),
  'client.tls-intercepted': red(
    'A proxy or firewall between this computer and the server opens TLS and answers with a certificate of its own. Nothing was sent. Ask the network’s administrator to exempt the server’s host from TLS inspection.',
  ),
  'client.not-a-management-server': amber(
    'What answers at the server’s address is not a Sanad management server. Check host and port in serverUrl.',
  ),
}
