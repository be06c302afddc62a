/** The mark: two links of one chain. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <g className="fill-none stroke-on-accent" strokeWidth="2.6" strokeLinecap="round">
        <path d="M13.2 18.8 18.8 13.2" />
        <path d="M15.4 10.6 17.8 8.2a4.2 4.2 0 0 1 6 6L21.4 16.6" />
        <path d="M16.6 21.4 14.2 23.8a4.2 4.2 0 0 1-6-6L10.6 15.4" />
      </g>
    </svg>
  )
}
