import Type, { type Static } from 'typebox'
import { Count, closed } from '../text/fields.ts'

/** How far the devices of a large campaign or order are gathered: it is answered at once, and filled afterwards. */
export const Filling = Type.Object(
  {
    /** Gathered so far. */
    done: Count,
    /** As counted when it was created. */
    devices: Count,
  },
  closed,
)
export type Filling = Static<typeof Filling>
