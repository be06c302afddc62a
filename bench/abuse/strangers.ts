import { readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { type Received, readAmmunition, run, shotsOf } from './stranger-kinds.ts'

/**
 * A process of strangers: `node strangers.ts <ammunition> <addresses> <seconds>`. From each address every kind has
 * the same number of connections. Prints what each kind received, as JSON.
 */

/** From one address they do what they can; from many, one connection of each kind is a crowd already. */
const LEAST_OF_A_KIND = 8

const [file = '', addresses = '1', seconds = '5'] = process.argv.slice(2)
// Honest devices and the database of this benchmark are on the same cores, and are not to wait for this program.
setPriority(10)

const ammunition = await readAmmunition(file)
const ca = await readFile(ammunition.ca, 'utf8')
const stop = AbortSignal.timeout(Number(seconds) * 1000)
const received: Record<string, Received> = {}
const strangers: Promise<void>[] = []
for (const [kind, shots] of Object.entries(shotsOf(ammunition))) {
  const got: Received = (received[kind] = {})
  for (let at = 0; at < Math.max(LEAST_OF_A_KIND, Number(addresses)); at++) {
    const localAddress = `127.0.0.${(at % Number(addresses)) + 1}`
    strangers.push(run({ shots, localAddress, port: ammunition.port, ca, received: got }, stop))
  }
}
await Promise.all(strangers)
process.stdout.write(JSON.stringify(received))
