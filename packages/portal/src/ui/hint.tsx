import { Tooltip } from '@base-ui/react/tooltip'
import { useId, type ReactElement } from 'react'

interface HintProps {
  readonly text: string
  readonly side?: 'top' | 'bottom' | 'inline-start' | 'inline-end'
  /** True where the text is already the accessible name. */
  readonly isName?: boolean
  readonly children: ReactElement
}

/** A short explanation on hover and on focus; read out as the description of its trigger. */
export function Hint({ text, side = 'bottom', isName = false, children }: HintProps) {
  const id = useId()
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        render={children}
        closeOnClick={false}
        {...(!isName && { 'aria-describedby': id })}
      />
      {!isName && (
        <span id={id} className="sr-only">
          {text}
        </span>
      )}
      <Tooltip.Portal>
        <Tooltip.Positioner side={side} sideOffset={6} className="z-50">
          <Tooltip.Popup
            aria-hidden="true"
            className="max-w-72 rounded-sm bg-ink px-2 py-1 text-12 text-canvas transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
          >
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
