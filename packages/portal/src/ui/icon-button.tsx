import { clsx } from 'clsx'
import type { ComponentProps, ReactNode } from 'react'
import { Hint } from './hint.tsx'

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly label: string
  readonly icon: ReactNode
  readonly side?: 'top' | 'bottom' | 'inline-start' | 'inline-end'
}

export const iconButtonClass =
  'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink data-popup-open:bg-hover data-popup-open:text-ink'

export function IconButton({ label, icon, side = 'bottom', className, ...rest }: IconButtonProps) {
  return (
    <Hint text={label} side={side} isName>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={clsx(iconButtonClass, className)}
      >
        {icon}
      </button>
    </Hint>
  )
}
