import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask, discover, openssl, readJws, tellChip } from '../test/bench-of-devices.ts'
import { makeProvider, ORGANISATION } from '../test/provider-request.ts'
import { DEMO_DEVICES } from './profiles.ts'
import type { DeviceAddress } from './simulation.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
let directory: string
const running: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sanad-sim-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => stop(child)))
  rmSync(directory, { recursive: true, force: true })
})

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  return child
}

async function start(): Promise<{ child: ChildProcess; devices: DeviceAddress[] }> {
  const child = run('start', '--directory', directory)
  const devices: DeviceAddress[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    devices.push(JSON.parse(line) as DeviceAddress)
    if (devices.length === DEMO_DEVICES.length) break
  }
  return { child, devices }
}

/** The exit code after SIGTERM, or of the exit that was. */
function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}

/** Runs a command to its end: its lines, or its code. */
async function command(...args: string[]): Promise<{ code: number | null; lines: unknown[] }> {
  const child = run(...args)
  let text = ''
  child.stdout!.on('data', (chunk) => (text += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    code,
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown),
  }
}

describe('simulator start', () => {
  it('runs three devices, says where they are, and stops on SIGTERM with nothing left behind', async () => {
    const { child, devices } = await start()
    expect(devices.map(({ serialNo, level }) => [serialNo, level])).toEqual(
      DEMO_DEVICES.map(({ serialNo, level }) => [serialNo, level]),
    )
    for (const { port, serialNo } of devices) {
      expect(await discover(port)).toMatchObject({
        deviceCode: serialNo,
        deviceStatus: 'Not Registered',
      })
    }
    expect(await stop(child)).toBe(0)
    expect(readdirSync(join(directory, 'chips'))).toEqual([])
    expect(existsSync(join(directory, 'control.sock'))).toBe(false)
  })

  it('finds factory, chips and papers as they were at the second start', async () => {
    const first = await start()
    const describeChip = async ({ chipLink }: DeviceAddress): Promise<unknown> =>
      (await tellChip(chipLink, { id: 1, verb: 'describe' }))[0]!['ftmCertificates']
    const before = await describeChip(first.devices[0]!)
    const manifest = readFileSync(join(directory, 'factory-manifest.jws'), 'utf8')
    await stop(first.child)
    const second = await start()
    expect(await describeChip(second.devices[0]!)).toEqual(before)
    expect(readFileSync(join(directory, 'factory-manifest.jws'), 'utf8')).toBe(manifest)
    const secret = readFileSync(second.devices[2]!.enrolmentSecretFile!, 'utf8')
    expect(secret).toMatch(/^[2-9A-Z-]{31}$/)
    expect(manifest).not.toContain(secret)
    expect(readFileSync(join(directory, 'devices.csv'), 'utf8').split('\r\n')).toHaveLength(5)
    const papers = readJws(manifest).payload['devices'] as unknown as Record<string, string>[]
    expect(
      papers.map((paper) => [
        Boolean(paper['ftmCertificateSha256']),
        Boolean(paper['enrolmentSecretSha256']),
      ]),
    ).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ])
  })

  it('survives a kill in the middle: the next start takes over what is left', async () => {
    const { child } = await start()
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    const { devices } = await start()
    expect(await tellChip(devices[0]!.chipLink, { id: 1, verb: 'list-keys' })).toEqual([
      { id: 1, ok: true, keys: [] },
    ])
  })
})

describe('orders to a running simulation', () => {
  it('sets and clears a fault, sets a status, and lists received verbs', async () => {
    const { devices } = await start()
    const [{ serialNo, port }] = devices as [DeviceAddress]
    const at = ['--directory', directory]
    expect(await command('fault', ...at, serialNo, 'gone')).toMatchObject({ code: 0 })
    await expect(discover(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await command('fault', ...at, serialNo, 'none')).toMatchObject({ code: 0 })
    await ask(port, 'RCAPTURE', '/capture', {})
    const { lines } = await command('verbs', ...at, serialNo)
    // Clients of other tests may have come by and asked who is here.
    expect(lines).toContainEqual(expect.objectContaining({ verb: 'RCAPTURE', path: '/capture' }))
    expect((await command('status', ...at, serialNo, 'Busy')).code).toBe(0)
    expect((await command('list', ...at)).lines).toMatchObject(devices)
  })

  it('refuses unknown orders, and changes nothing', async () => {
    const { devices } = await start()
    const [{ serialNo, port }] = devices as [DeviceAddress]
    const at = ['--directory', directory]
    for (const [code, ...args] of [
      [2, 'fault', ...at, serialNo, 'on-fire'],
      [1, 'fault', ...at, 'NOSUCHDEVICE', 'gone'],
      [2, 'status', ...at, serialNo, 'Tired'],
      [1, 'list', '--directory', join(directory, 'nowhere')],
      [2, 'dance', ...at],
    ] as const) {
      expect({ args, code: (await command(...args)).code }).toEqual({ args, code })
    }
    expect(await discover(port)).toMatchObject({ deviceStatus: 'Not Registered' })
  })
})

describe('simulator country', () => {
  it('turns a provider’s request into both signatures, with chains that OpenSSL accepts', async () => {
    const request = join(directory, 'request.pem')
    writeFileSync(request, (await makeProvider()).requestPem)
    const out = join(directory, 'out')
    const country = [
      'country',
      '--directory',
      join(directory, 'country'),
      '--request',
      request,
      '--out',
      out,
    ]
    expect((await command(...country, '--organisation', 'Somebody Else')).code).toBe(1)
    expect(existsSync(out)).toBe(false)
    expect((await command(...country, '--organisation', ORGANISATION)).code).toBe(0)
    const chain = join(out, 'mosip-chain.pem')
    const root = join(directory, 'country', 'root-certificate.pem')
    const verdict = await openssl(
      'verify',
      '-CAfile',
      root,
      '-untrusted',
      chain,
      join(out, 'mosip-signed.pem'),
    )
    expect(verdict).toMatchObject({ ok: true })
  })
})
