import { clsx } from 'clsx'
import type { ComponentProps, ReactNode } from 'react'
import { Hint } from './hint.tsx'

const SHAPES = {
  primary:
    'bg-accent text-on-accent hover:bg-accent-hover aria-disabled:bg-sunken aria-disabled:text-muted',
  secondary:
    'bg-surface text-ink ring-1 ring-inset ring-line-strong hover:bg-hover aria-disabled:bg-sunken aria-disabled:text-muted',
  quiet: 'text-muted hover:bg-hover hover:text-ink aria-disabled:text-muted',
  danger:
    'bg-surface text-bad ring-1 ring-inset ring-line-strong hover:bg-bad-soft aria-disabled:bg-sunken aria-disabled:text-muted',
} as const

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly shape?: keyof typeof SHAPES
  readonly icon?: ReactNode
  /** Why it cannot be pressed now. The button stays focusable, so that the reason can be read. */
  readonly refusal?: string | undefined
  readonly busy?: boolean
}

export function buttonClass(shape: keyof typeof SHAPES = 'secondary', extra?: string): string {
  return clsx(
    'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-13 font-medium whitespace-nowrap select-none',
    'transition-colors aria-disabled:cursor-not-allowed',
    SHAPES[shape],
    extra,
  )
}

export function Button({
  shape = 'secondary',
  icon,
  refusal,
  busy = false,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const inert = refusal !== undefined || busy
  const button = (
    <button
      {...rest}
      type={type}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      className={buttonClass(shape, className)}
      onClick={(event) => {
        if (inert) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {icon}
      {children}
    </button>
  )
  return refusal === undefined ? button : <Hint text={refusal}>{button}</Hint>
}
