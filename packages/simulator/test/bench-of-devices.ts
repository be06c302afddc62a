import { execFile } from 'node:child_process'
import { verify, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { encodeJson } from '../src/jws.ts'
import { FtmProvider } from '../src/ftm/ftm-provider.ts'
import { FINGERPRINT_SLAP, FTM_PROVIDER } from '../src/profiles.ts'
import { SimulatedDevice } from '../src/simulated-device.ts'
import type { SimulatedDeviceOptions } from '../src/simulated-device.ts'

/** A folder that goes away with the test, and the devices in it. */
export class Bench implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sanad-sim-'))
  readonly #devices: SimulatedDevice[] = []
  #provider: Promise<FtmProvider> | undefined

  ftmProvider(): Promise<FtmProvider> {
    this.#provider ??= FtmProvider.open(join(this.directory, 'ftm'), { organisation: FTM_PROVIDER })
    return this.#provider
  }

  async start(options: Partial<SimulatedDeviceOptions> = {}): Promise<SimulatedDevice> {
    const profile = options.profile ?? FINGERPRINT_SLAP
    const device = await SimulatedDevice.start({
      profile,
      stateDirectory: join(this.directory, 'devices', profile.serialNo),
      chipDirectory: join(this.directory, 'chips'),
      handOverDirectory: join(this.directory, 'hand-over'),
      ftmProvider: await this.ftmProvider(),
      ...options,
    })
    this.#devices.push(device)
    return device
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.stop()))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export interface HttpAnswer<T> {
  readonly status: number
  readonly json: T
}

/** An element of a discovery answer, as far as the tests look. */
export interface Discovered {
  readonly digitalId: string
  readonly deviceStatus: string
  readonly error: { readonly errorCode: string }
}

export interface DeviceInfoAnswer {
  readonly deviceInfo: string
  readonly error: { readonly errorCode: string; readonly errorInfo: string }
}

export const ANY_DEVICE = { type: 'Biometric Device' }

export async function discover(port: number | undefined): Promise<Discovered> {
  const { json } = await ask<[Discovered]>(port, 'MOSIPDISC', '/device', ANY_DEVICE)
  return json[0]
}

export async function askDeviceInfo(
  port: number | undefined,
  verb = 'MOSIPDINFO',
): Promise<DeviceInfoAnswer> {
  const { json } = await ask<[DeviceInfoAnswer]>(port, verb, '/info')
  return json[0]
}

/** What a client written to the specification sends, through Node's own HTTP client. */
export function ask<T = unknown>(
  port: number | undefined,
  method: string,
  path: string,
  body?: object,
): Promise<HttpAnswer<T>> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { EXT: 'test' },
    }
    const outgoing = request(options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        try {
          resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text) as T })
        } catch (error) {
          reject(error as Error)
        }
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** The bytes of an answer, as they came. */
export function askRaw(port: number | undefined, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: port ?? 0 })
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
}

export interface LinkAnswer {
  readonly id: unknown
  readonly ok: boolean
  readonly error?: string
  readonly [field: string]: unknown
}

/** Sends lines over one connection of a chip link and collects as many answers. */
export function tellChip(
  path: string | undefined,
  ...requests: (object | string)[]
): Promise<LinkAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path ?? '')
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += String(chunk)
      const lines = text.split('\n').slice(0, -1)
      if (lines.length < requests.length) return
      socket.destroy()
      resolve(lines.map((line) => JSON.parse(line) as LinkAnswer))
    })
    socket.on('error', reject)
    for (const item of requests)
      socket.write(`${typeof item === 'string' ? item : JSON.stringify(item)}\n`)
  })
}

export type Claims = Readonly<Record<string, string>>

export interface Jws {
  readonly header: { readonly alg: string; readonly typ: string; readonly x5c: readonly string[] }
  readonly payload: Claims
}

export const decodePart = (part = ''): Claims =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims

export function readJws(jws: string): Jws {
  const [header, payload] = jws.split('.')
  return { header: decodePart(header) as unknown as Jws['header'], payload: decodePart(payload) }
}

/** Whether the signature is that of the first certificate in the header. */
export function verifies(jws: string): boolean {
  const [header, payload, signature = ''] = jws.split('.')
  const [certificate = ''] = readJws(jws).header.x5c
  const signer = new X509Certificate(Buffer.from(certificate, 'base64'))
  const input = Buffer.from(`${header}.${payload}`)
  return verify('sha256', input, signer.publicKey, Buffer.from(signature, 'base64url'))
}

/** A JWS signing input, in the base64 of the chip link. */
export const signingInput = (header: object, payload: object): string =>
  Buffer.from(`${encodeJson(header)}.${encodeJson(payload)}`).toString('base64')

const run = promisify(execFile)

/** OpenSSL's own judgement, as somebody who is not us. */
export async function openssl(...args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const { stdout, stderr } = await run('openssl', args)
    return { ok: true, text: stdout + stderr }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { ok: false, text: stdout + stderr }
  }
}
