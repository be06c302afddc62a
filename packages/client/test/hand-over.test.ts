import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import type { ClientConfig } from '../src/agent/config.ts'
import type { DeviceState } from '../src/state/device-state.ts'
import { Bench } from './bench.ts'
import { Desk, aDevice, until } from './desk.ts'
import { makeSoftHsmToken } from './token-on-softhsm.ts'
import { readActiveKey } from './token-reader.ts'

const green = (desk: Desk, profile: DeviceProfile) =>
  until(() => {
    const report = desk.reportOf(profile)
    return report?.light === 'green' && report
  }, 40_000)

const isRotated = ({ superseded, successor, doomed }: DeviceState): boolean =>
  superseded === undefined && successor === undefined && doomed === undefined

/** An SBI that takes its key from a PKCS#12 file at its start: here its start-up script, with OpenSSL. */
function writeStartScript(desk: Desk, source: string, passwordFile: string): string {
  const path = join(desk.directory, 'restart-sbi')
  writeFileSync(
    path,
    `#!/bin/sh -eu
umask 077
folder="$1"
test -f ${source} || { rm -rf "$folder"; exit 0; }
mkdir -p "$folder"
openssl pkcs12 -in ${source} -passin file:${passwordFile} -nodes -nocerts -out "$folder/device-key.pem"
openssl pkcs12 -in ${source} -passin file:${passwordFile} -nokeys -out "$folder/device-certificate.pem"
`,
    { mode: 0o700 },
  )
  return path
}

describe('The hand-over of a registered device', () => {
  it(
    'hands over as PKCS#12, restarts the SBI, and MOSIPDINFO shows the new certificate',
    { timeout: 60_000 },
    async () => {
      await using desk = await Desk.open()
      const profile = aDevice('face')
      await desk.plug(profile)
      mkdirSync(join(desk.directory, 'keys'), { mode: 0o700 })
      const [path, passwordFile] = ['keys/mosipface.p12', 'password'].map((name) =>
        join(desk.directory, name),
      ) as [string, string]
      writeFileSync(passwordFile, 'qwerty@123\n', { mode: 0o600 })
      const restart = writeStartScript(desk, path, passwordFile)
      const command = [restart, join(desk.directory, 'hand-over', profile.serialNo)]
      await desk.startAgent({
        handOver: [
          {
            kind: 'pkcs12',
            for: { model: profile.model },
            form: 'legacy',
            alias: 'mosip',
            reload: { kind: 'command', command },
            path,
            passwordFile,
          },
        ],
      })
      expect(await green(desk, profile)).toMatchObject({
        progress: 'registered',
        presentsCertificate: true,
      })
      expect(readFileSync(path).length).toBeGreaterThan(2000)
    },
  )

  it(
    'registers and checks in with a key that never leaves its token',
    { timeout: 60_000 },
    async () => {
      await using desk = await Desk.open()
      const profile = aDevice('face')
      await desk.plug(profile)
      const place = await makeSoftHsmToken(desk.directory)
      await desk.startAgent({ handOver: [{ kind: 'pkcs11', ...place }] })
      await until(() => desk.reportOf(profile)?.progress === 'registered', 40_000)
      await until(() => desk.server.typesSeen().includes('check-in'), 40_000)
      const input = Buffer.from('a.b')
      const seen = readActiveKey(place, profile.serialNo, input)
      const state = desk.readState(profile)
      expect(state).toContain(seen?.keyId)
      // The simulated SBI does not read tokens: so the client says that the certificate is not in use.
      expect(desk.reportOf(profile)).toMatchObject({ presentsCertificate: false })
    },
  )

  it(
    'moves into a token with the next rotation, and leaves no key in files',
    { timeout: 60_000 },
    async () => {
      await using bench = await Bench.open('face')
      const before = bench.expectOneKey(await bench.live())
      const place = await makeSoftHsmToken(bench.desk.directory)
      const config: Partial<ClientConfig> = { handOver: [{ kind: 'pkcs11', ...place }] }
      // The key of before works on, and nothing moves by itself.
      const unmoved = await bench.live(undefined, { config })
      expect(bench.expectOneKey(unmoved)).toBe(before)

      bench.order()
      const { state, keys } = await bench.live(isRotated, { config })
      const { keyId = '' } = state.key ?? {}
      expect(keyId).not.toBe(before)
      expect(keys).toEqual([{ keyId, state: 'active' }])
      expect(readActiveKey(place, bench.profile.serialNo, Buffer.from('a.b'))?.keyId).toBe(keyId)
      expect(bench.desk.handOverEntries(bench.profile)).toEqual([])
      expect(bench.desk.readKeys(bench.profile)).toEqual([])
      const { registry } = bench.desk.server
      expect(registry.of(bench.subject, 'active')).toMatchObject([{ keyId }])
    },
  )

  it(
    'works with a token in the built client, which may not generate code at run time',
    { timeout: 120_000 },
    async () => {
      await using desk = await Desk.open()
      const profile = aDevice('face')
      await desk.plug(profile)
      const place = await makeSoftHsmToken(desk.directory)
      const config = desk.writeConfig({ handOver: [{ kind: 'pkcs11', ...place }] })
      // Below the package, where its native module is found.
      const folder = mkdtempSync(join(mkdirIn(PACKAGE, 'dist'), 'test-'))
      try {
        execFileSync(process.execPath, [join(PACKAGE, 'tools', 'build.ts'), folder])
        const program = join(folder, 'sanad-client.cjs')
        const args = ['--jitless', program, 'once', '--json', '--config', config]
        const { stdout } = await run(process.execPath, args).catch(takeOutput)
        expect(JSON.parse(stdout)).toMatchObject({ devices: [{ progress: 'registered' }] })
      } finally {
        rmSync(folder, { recursive: true })
      }
      const seen = readActiveKey(place, profile.serialNo, Buffer.from('a.b'))
      expect(desk.readState(profile)).toContain(seen?.keyId)
    },
  )
})

const PACKAGE = join(import.meta.dirname, '..')
const run = promisify(execFile)

/** It ends with 1, because the simulated SBI does not show a certificate that it does not find. */
const takeOutput = (error: unknown): { stdout: string } => error as { stdout: string }

function mkdirIn(parent: string, name: string): string {
  mkdirSync(join(parent, name), { recursive: true })
  return join(parent, name)
}
