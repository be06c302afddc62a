import { clsx } from 'clsx'

/** Bytes or raw data as they are; scrolls on its own, so it can be reached by keyboard (WCAG 2.2 §2.1.1). */
export function CodeBlock({ children, className }: { children: string; className?: string }) {
  return (
    <pre
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={clsx(
        'overflow-auto rounded-md bg-sunken p-3 font-mono text-12 leading-5 text-muted ring-1 ring-line',
        className,
      )}
    >
      {children}
    </pre>
  )
}
