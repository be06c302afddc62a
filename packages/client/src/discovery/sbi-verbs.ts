import { FORBIDDEN_VERBS } from './forbidden-verbs.ts'

/** All that this client can ask an SBI, by edition of the specification (MF §4.1). */
export const DISCOVERY_VERBS = {
  '0.9.5': { discover: 'MOSIPDISC', inform: 'MOSIPDINFO' },
  '1.0': { discover: 'SBIDISC', inform: 'SBIINFO' },
} as const

export type SbiEdition = keyof typeof DISCOVERY_VERBS
export type SbiVerb = (typeof DISCOVERY_VERBS)[SbiEdition]['discover' | 'inform']

/** In the order in which an unknown port is asked. */
export const EDITIONS = ['0.9.5', '1.0'] as const satisfies readonly SbiEdition[]

const DISCOVER_VERBS: ReadonlySet<string> = new Set(
  EDITIONS.map((edition) => DISCOVERY_VERBS[edition].discover),
)
const INFORM_VERBS: ReadonlySet<string> = new Set(
  EDITIONS.map((edition) => DISCOVERY_VERBS[edition].inform),
)

/** Whether the verb asks which devices there are; the others ask what a device is. */
export const asksForDevices = (verb: SbiVerb): boolean => DISCOVER_VERBS.has(verb)

export const pathOf = (verb: SbiVerb): string => (asksForDevices(verb) ? '/device' : '/info')

/** Refuses other verbs at run time too, for a caller that was made to ignore the type. */
export function requireDiscoveryVerb(verb: string): void {
  const isKnown = DISCOVER_VERBS.has(verb) || INFORM_VERBS.has(verb)
  if (!isKnown || FORBIDDEN_VERBS.includes(verb)) throw new TypeError('not a verb of discovery')
}
