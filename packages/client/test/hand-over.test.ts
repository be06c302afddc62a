import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import { Desk, aDevice, until } from './desk.ts'
import { makeSoftHsmToken } from './token-on-softhsm.ts'
import { readActiveKey } from './token-reader.ts'

const green = (desk: Desk, profile: DeviceProfile) =>
  until(() => {
    const report = desk.reportOf(profile)
    return report?.light === 'green' && report
  }, 40_000)

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
    'as PKCS#12: the SBI is restarted, and MOSIPDINFO shows the new certificate',
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
    'in a token: registered and checked in by a key that never left it',
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
})
