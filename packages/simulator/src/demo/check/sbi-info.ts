import { request } from 'node:http'

interface SbiInfo {
  readonly deviceStatus: string
  /** Of the signed device info; empty when it is not signed. */
  readonly x5c: readonly string[]
}

/** MOSIPDINFO, as a registration client asks it. */
export function askSbi(port: number): Promise<SbiInfo> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, method: 'MOSIPDINFO', path: '/info', timeout: 5000 },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.once('end', () => resolve(readInfo(text)))
      },
    )
    asked.once('error', reject)
    asked.end()
  })
}

function readInfo(text: string): SbiInfo {
  const [first] = JSON.parse(text) as { deviceInfo: string }[]
  const parts = first?.deviceInfo.split('.') ?? []
  const decode = (part = ''): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>
  const isSigned = parts.length === 3
  const { deviceStatus } = decode(isSigned ? parts[1] : parts[0])
  const { x5c } = isSigned ? decode(parts[0]) : {}
  return { deviceStatus: String(deviceStatus), x5c: Array.isArray(x5c) ? x5c.map(String) : [] }
}
