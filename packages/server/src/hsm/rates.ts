import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import type { HsmConfig } from './hsm-config.ts'
import type { HsmKey } from './hsm.ts'
import { Pkcs11Hsm } from './pkcs11-hsm.ts'
import { measureRawRate } from './raw-rate.ts'
import { initialiseNssToken, initialiseSoftHsmToken } from './software-token.ts'

/** `node packages/server/src/hsm/rates.ts`: the figures of docs/hsm, through the agent and without it. */

const MILLISECONDS = 3000
const CALLERS = 64
const STATEMENT = encodeSigningInput(
  { alg: 'RS256', typ: 'sanad-command+jws' },
  { v: 1, text: 'x'.repeat(500) },
)

/** Processor time of another process, milliseconds; Linux counts it in hundredths of a second. */
function processorMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function measureThroughAgent(hsm: Pkcs11Hsm, key: HsmKey) {
  let signatures = 0
  const started = performance.now()
  const own = process.cpuUsage()
  const agent = processorMsOf(hsm.agentPid)
  const sign = async (): Promise<void> => {
    while (performance.now() - started < MILLISECONDS) {
      await hsm.signCommand(key.id, STATEMENT)
      signatures++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, sign))
  const { user, system } = process.cpuUsage(own)
  return {
    perSecond: signatures / ((performance.now() - started) / 1000),
    processorMsPerSignature:
      ((user + system) / 1000 + processorMsOf(hsm.agentPid) - agent) / signatures,
  }
}

async function measureToken(
  name: string,
  make: (options: { directory: string; label: string }) => Promise<HsmConfig>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-rates-'))
  const config = await make({ directory, label: 'sanad-rates' })
  const hsm = await Pkcs11Hsm.open(config)
  try {
    for (const modulusBits of [2048, 3072] as const) {
      const started = performance.now()
      const key = await hsm.generateKey('command', { modulusBits })
      const made = performance.now() - started
      const raw = await measureRawRate(config, key.id, MILLISECONDS)
      const ours = await measureThroughAgent(hsm, key)
      process.stdout.write(
        `${name} RSA-${modulusBits}: made in ${made.toFixed(0)} ms; ` +
          `library alone ${raw.perSecond.toFixed(0)}/s, ${raw.processorMsPerSignature.toFixed(3)} ms of processor each; ` +
          `through the agent ${ours.perSecond.toFixed(0)}/s (${percent(ours.perSecond / raw.perSecond)}), ` +
          `${ours.processorMsPerSignature.toFixed(3)} ms (${percent(raw.processorMsPerSignature / ours.processorMsPerSignature)} of them signing)\n`,
      )
    }
  } finally {
    await hsm.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

await measureToken('SoftHSM2', initialiseSoftHsmToken)
await measureToken('NSS softokn', initialiseNssToken)
