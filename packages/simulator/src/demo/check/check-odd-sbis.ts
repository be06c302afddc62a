import { PlayedCase } from '../../corpus/played-case.ts'
import { readCase } from '../../corpus/read-corpus.ts'
import type { Demo } from '../demo.ts'
import { waitUntil } from '../operator-api.ts'
import { type Promises, keptIf, look } from './promise.ts'

/** An SBI as Java programs are, with one odd device among its devices; the corpus describes it. */
export async function checkOddSbis(demo: Demo, promises: Promises): Promise<void> {
  const { listened, asked, odd } = await startOddSbi()
  await using _odd = odd

  await look(promises, 'an SBI that listens on “::” is met within 2 s', async () => {
    const first = await waitUntil('the client asks it', () => Promise.resolve(asked.at(0)))
    const milliseconds = first - listened
    return keptIf(
      milliseconds <= MOST_MS,
      `asked first after ${milliseconds.toFixed(0)} ms`,
      `asked first after ${(milliseconds / 1000).toFixed(1)} s`,
    )
  })

  await look(promises, 'one odd device is named with its field, and hides no other', async () => {
    const { met, named } = await waitUntil('both in the status', async () => {
      const { devices, sbis = [] } = await demo.readClientStatus()
      const met = devices.find(({ port }) => port === odd.port)
      const named = sbis.find((sbi) => sbi.port === odd.port)
      return met && named && { met, named }
    })
    const [fault] = named.faults
    const seen = `met ${met.serialNo}, named ${named.serialNo} with ${fault?.field}`
    return keptIf(met.serialNo !== named.serialNo && fault?.field === 'deviceStatus', seen, seen)
  })
}

const MOST_MS = 2_000
/** Behind the simulated devices, where MDS 0.9.5 has SBIs. */
const PORTS = { first: 4570, last: 4600 }

async function startOddSbi() {
  const asked: number[] = []
  const played = { ...readCase('one-odd-neighbour'), listen: { address: '::' } as const }
  for (let port = PORTS.first; port <= PORTS.last; port++) {
    const listened = performance.now()
    const hear = (): void => void asked.push(performance.now())
    const odd = await PlayedCase.open(played, port, hear).catch(() => undefined)
    if (odd !== undefined) return { listened, asked, odd }
  }
  throw new Error(`no free port from ${PORTS.first} to ${PORTS.last}`)
}
