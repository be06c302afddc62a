import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeJws, signWith } from '@sanad/protocol/wire/envelope/signing'
import { RawSbi, unregistered } from './raw-sbi.ts'

/**
 * An SBI as MockMDS is one: it names its L0 device at discovery from the start, and describes it only once it finds
 * a key file, which it reads at each answer.
 */
export async function openKeyFileSbi(handOver: string, serialNo: string): Promise<RawSbi> {
  const sbi = await RawSbi.open()
  const device = {
    ...unregistered({ serialNo }),
    deviceStatus: 'Ready',
    firmware: '1',
    env: 'Staging',
  }
  const signed = memoize(() => describe(join(handOver, serialNo), device))
  sbi.answer = (verb) => {
    if (verb === 'MOSIPDISC') return JSON.stringify([device])
    if (verb !== 'MOSIPDINFO') return undefined
    const deviceInfo = signed()
    return JSON.stringify(deviceInfo === undefined ? [] : [{ deviceInfo }])
  }
  return sbi
}

/** The text of the last signature that came: the SBI of the tests answers without waiting for one. */
function memoize(make: () => Promise<string | undefined>): () => string | undefined {
  let text: string | undefined
  return () => {
    void make().then((made) => (text = made))
    return text
  }
}

async function describe(folder: string, device: object): Promise<string | undefined> {
  const [key, certificate] = ['device-key.pem', 'device-certificate.pem'].map((name) =>
    join(folder, name),
  )
  if (key === undefined || certificate === undefined || !existsSync(certificate)) return undefined
  const [leaf = ''] = readFileSync(certificate, 'utf8').split('-----END CERTIFICATE-----')
  const x5c = [leaf.replaceAll(/-----BEGIN CERTIFICATE-----|\s/g, '')]
  const sign = signWith(createPrivateKey(readFileSync(key)), 'RS256')
  return await makeJws({ alg: 'RS256', typ: 'JWT', x5c }, device, sign)
}
