import { X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { connect } from 'node:tls'
import { requirePinnedServer } from '@sanad/client/server-link/tls-certificate'
import { parseCertificate } from '@sanad/protocol/asn1/x509'

type Created = (error: Error | null, socket: ReturnType<typeof connect>) => void

/**
 * Connects to the server under the pinned root at a time that is not this machine’s.
 *
 * OpenSSL reads the machine’s clock; a server whose clock is ahead has a TLS certificate that has not begun.
 */
export function pinnedAgent(port: number, rootPem: string, now: () => number): Agent {
  const roots = [parseCertificate(new X509Certificate(rootPem).raw)]
  const agent = new Agent()
  agent.createConnection = (_options, callback) => {
    const created = callback as Created
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: HOST,
      ALPNProtocols: ['http/1.1'],
      // Verified below, before a byte is sent.
      rejectUnauthorized: false,
    })
    const fail = (error: Error): void => created(error, socket)
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.off('error', fail)
      try {
        const { raw } = socket.getPeerX509Certificate() ?? {}
        requirePinnedServer(raw, { roots, host: HOST, floor: now(), now: now() })
        created(null, socket)
      } catch (error) {
        socket.on('error', () => socket.destroy())
        socket.destroy()
        fail(error as Error)
      }
    })
    return undefined
  }
  return agent
}

const HOST = 'localhost'
