/** What a technician beside the device should know: a traffic light, and one sentence that says what to do. */

export type Light = 'green' | 'amber' | 'red'

export interface Advice {
  readonly light: Light
  readonly sentence: string
}
