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

export const VERB_PATHS = { discover: '/device', inform: '/info' } as const

const VERBS: ReadonlySet<string> = new Set(
  EDITIONS.flatMap((edition) => [
    DISCOVERY_VERBS[edition].discover,
    DISCOVERY_VERBS[edition].inform,
  ]),
)

/** Refuses other verbs at run time too, for a caller that was made to ignore the type. */
export function requireDiscoveryVerb(verb: string): void {
  if (!VERBS.has(verb) || FORBIDDEN_VERBS.includes(verb))
    throw new TypeError('not a verb of discovery')
}
